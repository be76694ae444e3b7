"""What a sampled cluster stands for, held against every way in which it can be drawn."""

from math import comb

import pytest

from haybale.pipeline.estimate.twins import across

FRACTIONS = (0.05, 0.1, 0.3, 0.5, 0.8)


def expected(copies: int, fraction: float) -> tuple[float, float, float]:
    """Mean value, low and high over all samples of a cluster with each copy in its own piece."""
    sums = [0.0, 0.0, 0.0]
    for seen in range(copies + 1):
        chance = comb(copies, seen) * fraction**seen * (1 - fraction) ** (copies - seen)
        worth = across(seen, fraction)
        for place, number in enumerate((worth.value, worth.low, worth.high)):
            sums[place] += chance * number
    return sums[0], sums[1], sums[2]


def test_a_pair_counts_by_the_inverse_of_its_chance_to_be_drawn():
    # Both of two pieces are drawn with probability 1/4 * 1/4: each pair seen stands for 16.
    found = across(2, 0.25)
    assert (found.value, found.low, found.high) == (16, 4, 16)


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_pairs_are_estimated_without_bias(fraction):
    assert expected(2, fraction)[0] == pytest.approx(1)


@pytest.mark.parametrize("copies", [2, 3, 4, 5, 8, 12, 20, 50])
@pytest.mark.parametrize("fraction", FRACTIONS)
def test_the_interval_holds_what_clusters_of_any_size_lose_on_average(copies, fraction):
    _, low, high = expected(copies, fraction)
    assert low <= copies - 1 + 1e-9
    # From four pieces on a cluster counts by its size, which may fall short where few are seen.
    assert high >= (copies - 1) * 0.98


def test_what_lies_in_one_piece_loses_nothing_across_pieces():
    assert across(1, 0.1).high == 0


def test_everything_drawn_leaves_nothing_to_guess():
    for pieces in (2, 3, 4, 9):
        found = across(pieces, 1.0)
        assert (found.value, found.low, found.high) == (pieces - 1,) * 3
