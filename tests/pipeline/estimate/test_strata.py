import math
import random

import pytest

from haybale.pipeline.estimate.strata import CONFIDENCE, ratio_total, students_t


def test_the_total_is_the_ratio_times_the_input_and_its_margin_is_students():
    found = ratio_total([10, 20, 30], [5, 8, 17], 240)
    # R = 30 / 60 = 1/2, total 120. Residuals 0, -2, 2: squares 8; s^2 = 8 / 2 = 4;
    # standard error = 240 / 20 * sqrt((1 - 60 / 240) / 3 * 4) = 12 * 1; t(0.95, 2) = 2.919986.
    assert found.value == 120
    assert found.high == pytest.approx(120 + 12 * 2.919986, rel=1e-4)
    assert found.low == pytest.approx(120 - 12 * 2.919986, rel=1e-4)


def test_a_subset_that_was_read_whole_has_no_error():
    found = ratio_total([10, 20], [3, 9], 30)
    assert (found.value, found.low, found.high) == (12, 12, 12)


def test_no_interval_goes_below_what_was_found():
    found = ratio_total([10, 10], [0, 8], 40)
    # 16 +- t(0.95, 1) = 6.31 times 40 / 10 * sqrt(0.5 / 2 * 32) = 11.3
    assert found.low == 8


def test_a_single_piece_tells_no_spread_and_its_interval_says_so():
    found = ratio_total([10], [4], 50)
    assert (found.value, found.low, found.high) == (20, 4, 40)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = random.Random(0)
    sizes = [rng.uniform(50, 150) for _ in range(200)]
    values = [size * rng.gauss(3, 1) for size in sizes]
    held = 0
    for _ in range(400):
        at = rng.sample(range(200), 12)
        found = ratio_total([sizes[i] for i in at], [values[i] for i in at], sum(sizes))
        held += found.covers(sum(values))
    # A share of 0.9 of 400 draws varies by sqrt(0.9 * 0.1 / 400) = 0.015; three of these.
    assert math.isclose(held / 400, CONFIDENCE, abs_tol=0.045)


def test_students_t_is_that_of_the_tables_and_goes_over_into_the_normal():
    # Two-sided 90 %: t(1) = 6.314, t(21) = 1.721, t(30) = 1.697, t(120) = 1.658.
    found = [round(students_t(free), 3) for free in (1, 21, 30, 120)]
    assert found == pytest.approx([6.314, 1.721, 1.697, 1.658], abs=0.005)
