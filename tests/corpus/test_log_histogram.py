import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus.log_histogram import (
    NUM_BUCKETS,
    bit_lengths,
    bucket_bounds,
    bucket_numbers,
    count_buckets,
    histogram,
    merge,
    quantile,
)

sizes = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=50)
small = st.lists(st.integers(0, 5000), min_size=1, max_size=200)


def counted(values):
    return histogram(count_buckets(np.array(values, np.int64)))


def test_buckets_follow_each_other_without_a_gap():
    edges = [bucket_bounds(bucket) for bucket in range(NUM_BUCKETS)]
    assert edges[0][0] == 0
    assert edges[-1][1] == 2**63
    assert all(before[1] == after[0] for before, after in itertools.pairwise(edges))


def test_a_bucket_is_exact_below_64_and_at_most_a_32nd_wide_above():
    for bucket in range(NUM_BUCKETS):
        low, high = bucket_bounds(bucket)
        assert high - low == 1 if low < 64 else (high - low) * 32 <= low


@given(sizes)
def test_a_number_is_within_the_bounds_of_its_bucket(values):
    for value, bucket in zip(values, bucket_numbers(np.array(values)).tolist(), strict=True):
        low, high = bucket_bounds(bucket)
        assert low <= value < high


@given(sizes)
def test_bit_lengths_are_those_of_python(values):
    expected = [value.bit_length() for value in values]
    assert bit_lengths(np.array(values, np.int64)).tolist() == expected
    assert bit_lengths(np.array(values, np.uint64)).tolist() == expected


@given(small, small, small)
def test_merging_in_any_order_and_grouping_is_counting_all_at_once(a, b, c):
    whole = counted(a + b + c)
    assert merge([counted(a), counted(b), counted(c)]) == whole
    assert merge([merge([counted(c), counted(a)]), counted(b)]) == whole
    assert sum(whole.values()) == len(a) + len(b) + len(c)


@given(small, st.sampled_from([0.01, 0.07, 0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_is_between_its_bounds(values, fraction):
    low, high = quantile(counted(values), fraction)
    # NumPy's `inverted_cdf` takes 0.07 of 100 for 7.000000000000001: the rank is found in integers.
    rank = -(-round(fraction * 100) * len(values) // 100)
    true = sorted(values)[max(rank, 1) - 1]
    assert low <= true <= high
    assert high - low <= max(0, low / 32)


def test_quantiles_of_one_to_a_hundred():
    counts = counted(range(1, 101))
    assert quantile(counts, 0.07) == (7, 7)
    assert quantile(counts, 0.5) == (50, 50)
    assert quantile(counts, 0.99) == (98, 99)  # buckets of two from 64 on
    assert quantile({}, 0.5) is None


def test_a_negative_size_is_refused():
    with pytest.raises(ValueError, match="at least 0, found -3"):
        bucket_numbers(np.array([5, -3]))
