import pytest

from haybale.scaling.budget import BudgetError
from haybale.scaling.hardware import PEAK_FLOPS, Hardware


def test_an_hour_is_3600_seconds_of_the_share_of_the_peak():
    # H200: 989e12 x 0.4 x 3600 = 1.42416e18.
    assert Hardware("h200", 0.4).flops_per_hour == pytest.approx(1.42416e18)


def test_wall_time_falls_with_devices():
    # A100: 312e12 x 0.5 = 156e12 a second; eight of them take 1.248e15 x 3600 = 4.4928e18 an hour.
    assert Hardware("a100", 0.5, 8).hours(4.4928e19) == pytest.approx(10)


def test_peaks_are_dense():
    # Data sheets with sparsity: H100 SXM 1,979e12, L4 242e12, HGX B200 4,500e12.
    assert PEAK_FLOPS["h100"] == pytest.approx(1979e12 / 2, rel=0.001)
    assert PEAK_FLOPS["l4"] == 242e12 / 2
    assert PEAK_FLOPS["b200"] == 4500e12 / 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("h300", 0.4), "gpu: expected one of a100, h100, .*, found 'h300'"),
        (("h100", 0.0), "mfu: expected above 0 and at most 1, found 0"),
        (("h100", 1.01), "mfu: expected above 0 and at most 1, found 1.01"),
        (("h100", float("nan")), "mfu: expected above 0"),
        (("h100", 0.4, 0), "gpus: expected at least 1, found 0"),
    ],
)
def test_devices_and_shares_that_cannot_be_are_refused(arguments, message):
    with pytest.raises(BudgetError, match=message):
        Hardware(*arguments)


def test_a_share_of_all_of_the_peak_is_allowed():
    assert Hardware("l4", 1.0).hours(121e12 * 3600) == pytest.approx(1)
