from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from planted_card import LENGTHS, inputs, measured

from haybale.cards.measured import LengthCounts
from haybale.cards.measures import lengths
from haybale.cards.measures.lengths import wide_buckets
from haybale.corpus.log_histogram import bucket_bounds, bucket_numbers

SIZES = st.dictionaries(st.integers(0, 900), st.integers(1, 10**6), min_size=1)


def facts(rows=LENGTHS):
    return {fact.id: fact for fact in lengths.facts(inputs(measured=measured(lengths=rows)))}


def test_histograms_have_two_buckets_for_each_doubling():
    # 1 and 2 alone; 4 and 5; 6 and 7; 8 to 11; 12 to 15 is empty; 16 to 23.
    counts = {1: 1, 2: 1, 5: 2, 7: 3, 8: 4, 11: 5, 16: 6}
    assert wide_buckets(counts) == [
        [1, 2, 1],
        [2, 3, 1],
        [3, 4, 0],
        [4, 6, 2],
        [6, 8, 3],
        [8, 12, 9],
        [12, 16, 0],
        [16, 24, 6],
    ]


@given(SIZES)
def test_wide_buckets_touch_and_lose_no_document(counts):
    buckets = wide_buckets(counts)
    assert sum(count for _, _, count in buckets) == sum(counts.values())
    assert all(one[1] == two[0] for one, two in pairwise(buckets))
    for bucket in counts:
        low, high = bucket_bounds(bucket)
        assert any(wide[0] <= low and high <= wide[1] and wide[2] for wide in buckets)


def test_means_are_exact_and_medians_are_known_to_the_bucket():
    found = facts()
    assert found["lengths.text_bytes.mean.state=corpus"].value == 40.0  # 2,000 / 50
    assert found["lengths.text_bytes.mean.state=read"].value == 100.0  # 9,500 / (100 - 5)
    assert found["lengths.tokens.mean.state=corpus.subset=web"].value == 10.0  # 500 / 50
    assert found["lengths.tokens.median.state=corpus"].value == 10
    assert found["lengths.tokens.median.state=corpus"].interval is None
    assert found["lengths.text_bytes.median.state=read"].interval == (100, 101)


def test_the_longest_hundredth_begins_above_99_of_100():
    [large] = bucket_numbers(np.array([5000])).tolist()
    rows = (LengthCounts("tokens", "corpus", "web", {10: 99, large: 1}),)
    assert facts(rows)["lengths.tokens.p99.state=corpus"].value == 10
    rows = (LengthCounts("tokens", "corpus", "web", {10: 98, large: 2}),)
    low, high = facts(rows)["lengths.tokens.p99.state=corpus"].interval
    assert low <= 5000 <= high


def test_all_subsets_together_are_the_sum():
    rows = (
        LengthCounts("tokens", "corpus", "web", {10: 2}),
        LengthCounts("tokens", "corpus", "books", {10: 3, 12: 1}),
    )
    found = facts(rows)
    assert found["lengths.tokens.state=corpus"].value == {"buckets": [[8, 12, 5], [12, 16, 1]]}


def test_uncounted_lengths_are_said_not_to_be_measured():
    assert facts(())["lengths.tokens"].how == "not_measured"
