import itertools
import math
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from haybale.pipeline.ingesting.best_fraction import find_cutoff

FRACTIONS = st.sampled_from([Fraction(1, 10), Fraction(1, 3), Fraction(1, 2), Fraction(99, 100)])
SCORES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 10_000), st.integers(0, 2**64 - 1)),
    min_size=1,
    max_size=60,
    unique_by=lambda row: row[2],
)


def arrays(rows, models):
    scores = np.array([[row[model] for row in rows] for model in range(models)], np.int64)
    return scores, np.array([row[2] for row in rows], np.uint64)


def kept_of(rows, models, fraction, cuts=()):
    """The orders of what is kept, the rows handed over in parts."""
    edges = [0, *sorted(cuts), len(rows)]
    parts = [rows[a:b] for a, b in itertools.pairwise(edges) if b > a]
    cutoff = find_cutoff(lambda: [arrays(part, models) for part in parts], models, fraction)
    scores, orders = arrays(rows, models)
    return set(orders[cutoff.keeps(scores, orders)].tolist())


@given(SCORES, FRACTIONS, st.integers(1, 2))
def test_exactly_the_share_is_kept_rounded_up(rows, fraction, models):
    assert len(kept_of(rows, models, fraction)) == math.ceil(fraction * len(rows))


@given(SCORES, FRACTIONS, st.data())
def test_order_and_parts_change_nothing(rows, fraction, data):
    shuffled = data.draw(st.permutations(rows))
    cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=3))
    assert kept_of(rows, 2, fraction) == kept_of(shuffled, 2, fraction, cuts)


@given(SCORES, FRACTIONS)
def test_of_one_model_the_highest_scores_are_kept_equals_by_order(rows, fraction):
    best = sorted(rows, key=lambda row: (-row[0], row[2]))
    expected = {row[2] for row in best[: math.ceil(fraction * len(rows))]}
    assert kept_of(rows, 1, fraction) == expected


def test_of_several_models_the_best_rank_counts():
    # Ranks among four, in halves: by the first model 1, 3, 5, 7; by the second 7, 1, 4, 4.
    # Maxima: 7, 3, 5, 7: half of the four are the first and the last.
    rows = [(0, 9, 10), (1, 0, 11), (2, 5, 12), (3, 5, 13)]
    assert kept_of(rows, 2, Fraction(1, 2)) == {10, 13}


def test_of_nothing_nothing_is_kept():
    assert find_cutoff(list, 1, Fraction(1, 2)).num_kept == 0
