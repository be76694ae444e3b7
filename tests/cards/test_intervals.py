import math

import numpy as np
import pytest
from scipy import stats
from scipy.stats.contingency import relative_risk

from haybale.cards.intervals import (
    MIN_SAMPLE,
    TwoGroups,
    rate_ratio,
    ratio_of_sums,
    rule_of_three,
    student_t,
    wilson,
)


@pytest.mark.parametrize(
    ("successes", "trials"), [(0, 1), (1, 1), (0, 200), (200, 200), (3, 50), (190, 200)]
)
def test_wilsons_interval_is_scipys(successes, trials):
    expected = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    assert wilson(successes, trials) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilsons_bounds_of_all_and_none_are_exact():
    # z^2 / (n + z^2) with z^2 = 3.841459 and n = 9.
    assert wilson(0, 9) == (0.0, pytest.approx(3.841459 / 12.841459, abs=1e-6))
    assert wilson(9, 9) == (pytest.approx(9 / 12.841459, abs=1e-6), 1.0)


def test_of_nothing_in_n_the_bound_is_three_nths():
    assert rule_of_three(300) == 0.01
    assert rule_of_three(2) == 1.0
    # What it approximates: 1 - 0.05^(1/n).
    assert rule_of_three(300) == pytest.approx(1 - 0.05 ** (1 / 300), rel=0.01)


@pytest.mark.parametrize("counts", [(100, 400, 100, 600), (30, 60, 4_000, 1_000_000)])
def test_the_rate_ratio_is_scipys_relative_risk(counts):
    ratio, low, high = rate_ratio([TwoGroups(*counts)])
    expected = relative_risk(*counts)
    interval = expected.confidence_interval(0.95)
    assert ratio == pytest.approx(expected.relative_risk)
    assert (low, high) == pytest.approx((interval.low, interval.high))


def test_the_rate_ratio_by_hand():
    # (100 / 400) / (100 / 600) = 1.5; variance 1/100 - 1/400 + 1/100 - 1/600 = 19/1200.
    spread = 1.959964 * math.sqrt(19 / 1200)
    expected = 1.5, 1.5 * math.exp(-spread), 1.5 * math.exp(spread)
    assert rate_ratio([TwoGroups(100, 400, 100, 600)]) == pytest.approx(expected, rel=1e-6)


def test_strata_are_averaged_as_mantel_and_haenszel_do():
    strata = [TwoGroups(100, 200, 50, 100), TwoGroups(5, 100, 10, 50)]
    # sum a m / N = 100*100/300 + 5*50/150 = 35; sum c n / N = 50*200/300 + 10*100/150 = 40.
    # (n m (a + c) - a c N) / N^2 = (3,000,000 - 1,500,000) / 90,000 = 50/3, and
    # (75,000 - 7,500) / 22,500 = 3; variance (50/3 + 3) / (35 * 40).
    spread = 1.959964 * math.sqrt((50 / 3 + 3) / 1400)
    expected = 0.875, 0.875 * math.exp(-spread), 0.875 * math.exp(spread)
    assert rate_ratio(strata) == pytest.approx(expected, rel=1e-6)


def test_intervals_of_strata_hold_the_truth_about_as_often_as_they_say():
    # Twice as likely in each of three strata of different sizes and rates.
    rng, held = np.random.default_rng(0), 0
    strata = [(1000, 200, 0.1), (50, 3000, 0.4), (400, 400, 0.02)]
    for _ in range(1000):
        drawn = [
            TwoGroups(rng.binomial(n, 2 * rate), n, rng.binomial(m, rate), m)
            for n, m, rate in strata
        ]
        _, low, high = rate_ratio(drawn)
        held += low <= 2 <= high
    # 950, give or take two standard errors of 6.9.
    assert 936 <= held <= 964


@pytest.mark.parametrize("degrees", [9, 15, 19.5, 63, 1000])
def test_students_quantile_is_scipys(degrees):
    assert student_t(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), abs=2e-5)


def sums(x, y):
    return len(x), sum(x), sum(y), x @ x, x @ y, y @ y


def test_a_ratio_of_sums_by_hand():
    # x = 1, 2, 3 and y = 1, 1, 4: R = 6/6 = 1, residuals 0, -1, 1, their squares 2;
    # variance 2 / ((3 - 1) * 3 * 2^2) = 1/12.
    ratio = ratio_of_sums(3, 6, 6, 14, 15, 18)
    assert ratio == pytest.approx((1.0, 1 / 12))


def test_the_variance_of_proportional_numbers_is_exactly_zero():
    # Sums of squares beyond 2^53, where floats would leave a difference.
    x = [10**9 + k for k in range(50)]
    y = [3 * one for one in x]
    products = (sum(a * b for a, b in zip(p, q, strict=True)) for p, q in ((x, x), (x, y), (y, y)))
    assert ratio_of_sums(50, sum(x), sum(y), *products) == (3.0, 0.0)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    # Texts of log-normal lengths cut at 2,000 bytes, of about 3.7 bytes per token.
    rng = np.random.default_rng(0)
    x = np.minimum(np.exp(rng.normal(7, 1, 100_000)).astype(int) + 20, 2000)
    y = np.maximum(1, (x / np.exp(rng.normal(1.3, 0.25, x.size))).astype(int))
    truth, held = y.sum() / x.sum(), 0
    for _ in range(1000):
        drawn = rng.integers(0, x.size, MIN_SAMPLE)
        numbers = sums(x[drawn], y[drawn])
        ratio = ratio_of_sums(*(int(number) for number in numbers))
        held += abs(ratio.value - truth) <= student_t(MIN_SAMPLE - 1) * math.sqrt(ratio.variance)
    # 95 % in large samples; the figure of the docstring, give or take two standard errors.
    assert 905 <= held <= 955
