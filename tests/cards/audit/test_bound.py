from math import comb

import pytest

from haybale.cards.audit.bound import bounds, num_needed, worst_error


@pytest.mark.parametrize(
    ("population", "error", "confidence"),
    [(10**9, 0.05, 0.95), (500, 0.03, 0.99), (80, 0.1, 0.9), (10**6, 0.01, 0.95)],
)
def test_as_many_are_needed_as_give_the_error_and_no_fewer(population, error, confidence):
    num = num_needed(population, error, confidence)
    assert worst_error(num, population, confidence) <= error
    assert worst_error(num - 1, population, confidence) > error


def test_an_exact_interval_needs_a_little_more_than_one_with_normal_tails():
    # Cochran 1977, section 4.4: 1.96^2 0.25 / 0.05^2 = 384.1 of a population without end; of 1,000
    # 384.1 / (1 + 383.1 / 1000) = 277.7.
    assert 385 <= num_needed(10**12, 0.05, 0.95) <= 385 + 20
    assert 278 <= num_needed(1000, 0.05, 0.95) <= 278 + 20


def test_of_few_documents_all_are_needed():
    assert num_needed(1, 0.05, 0.95) == 1
    assert num_needed(10, 0.0001, 0.95) == 10


def test_known_intervals():
    # Clopper and Pearson of 0 of 10: 1 - 0.025^(1 / 10) = 0.3085, of a population without end.
    assert bounds(0, 10, 10**9, 0.95) == (0, pytest.approx(0.3085, abs=1e-4))
    assert bounds(10, 10, 10**9, 0.95) == (pytest.approx(0.6915, abs=1e-4), 1)
    # 2 of 5 right of 10: with 8 right in all, at most 2 come in C(8,2) C(2,3) = 0 of all draws, as
    # at least 3 come; with 7 in C(7,2) C(3,3) / C(10,5) = 21 / 252 = 0.083 of them.
    assert bounds(2, 5, 10, 0.95)[1] == 0.7


def test_where_all_were_judged_nothing_is_estimated():
    assert bounds(9, 12, 12, 0.95) == (0.75, 0.75)


def test_what_was_judged_is_known_whatever_the_others_are():
    # 9 of 10 were judged, 8 right and 1 wrong: the last one makes it 8 or 9 of 10.
    assert bounds(8, 9, 10, 0.999) == (0.8, 0.9)


@pytest.mark.parametrize(("population", "num"), [(40, 10), (150, 60)])
def test_the_interval_holds_the_truth_at_least_as_often_as_it_says(population, num):
    # Exactly, by the hypergeometric distribution, for every number of right ones in the whole.
    intervals = [bounds(right, num, population, 0.95) for right in range(num + 1)]
    for true in range(population + 1):
        held = sum(
            comb(true, right) * comb(population - true, num - right)
            for right, (low, high) in enumerate(intervals)
            if low <= true / population <= high
        )
        assert held >= 0.95 * comb(population, num)
