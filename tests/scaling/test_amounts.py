import pytest

from haybale.scaling.amounts import amount


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        *[(70e9, "70B"), (1.4e12, "1.4T"), (44.1e6, "44.1M"), (500e9, "500B"), (1500, "1.5K")],
        *[(999.4e6, "999M"), (999.9e6, "1B"), (999.9, "1K"), (7, "7"), (0.25, "0.25")],
        (2.634e15, "2,630T"),
    ],
)
def test_amounts_have_three_digits_and_a_unit(number, shown):
    assert amount(number) == shown
