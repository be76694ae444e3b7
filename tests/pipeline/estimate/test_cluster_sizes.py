"""What clusters stand for that a sample shows, held against every way in which it can be drawn."""

from itertools import combinations
from math import comb

import numpy as np
import pytest

from haybale.pipeline.estimate import cluster_sizes
from haybale.pipeline.estimate.cluster_sizes import Sighting, worths


def sightings(copies, drawn, whole):
    """Sightings of clusters of one size, as often as exactly expected, in all samples together."""
    chance = drawn * (drawn - 1) / (whole * (whole - 1))
    for seen in range(2, min(copies, drawn) + 1):
        # Of comb(whole, drawn) samples so many hold `seen` of the copies' pieces.
        count = comb(copies, seen) * comb(whole - copies, drawn - seen)
        if count:
            yield Sighting(seen, chance, whole), count


def total(kinds):
    """The sum of what they are worth, and had one piece less been drawn."""
    found = worths(kind for kind, count in kinds for _ in range(count))
    return sum(count * found[kind].seen for kind, count in kinds)


@pytest.mark.parametrize(("drawn", "whole"), [(3, 3), (4, 9), (10, 30), (20, 40)])
def test_a_pair_stands_for_the_inverse_of_its_chance_in_a_draw_without_replacement(drawn, whole):
    # Two of 4 pieces of 9 are drawn both in 6 of 36 pairs: 6, where (4 / 9)^-2 would be 5.06.
    sampled = list(combinations(range(9), 4))
    assert sum({0, 1} <= set(pieces) for pieces in sampled) / len(sampled) == 1 / 6
    chance = drawn * (drawn - 1) / (whole * (whole - 1))
    kind = Sighting(2, chance, whole)
    # Were there larger clusters, some of 50 would show a third piece.
    assert worths([kind] * 50)[kind].seen == pytest.approx(1 / chance, rel=0.001)


def test_where_two_are_all_that_can_be_seen_a_pair_may_be_of_any_size():
    # 2 of 5 pieces: a cluster in s of them is seen in D(s) = s (s - 1) / 20 of samples, and stands
    # for (s - 1) / D(s) = 20 / s. Shares stay as they begin, D(s) / s^2 ~ (s - 1) / s:
    # (1/2 20/2 + 2/3 20/3 + 3/4 20/4 + 4/5 20/5) / (1/2 + 2/3 + 3/4 + 4/5) = 2951/489 = 6.035.
    kind = Sighting(2, 1 / 10, 5)
    assert worths([kind] * 50)[kind].seen == pytest.approx(2951 / 489, rel=1e-6)


def test_where_larger_clusters_mostly_look_like_pairs_a_pair_stands_for_less():
    # 4 of 40 pieces: of a cluster in 3 of them C(3,2) C(37,2) = 1998 of C(40,4) = 91,390 samples
    # show two, 37 show three. Were all pairs of such clusters, each would stand for 2 / D(3) = 90.
    chance = 4 * 3 / (40 * 39)
    kind = Sighting(2, chance, 40)
    assert 2 * 91_390 / (1998 + 37) < worths([kind] * 50)[kind].seen < 1 / chance


@pytest.mark.parametrize("copies", [2, 3, 4, 6])
@pytest.mark.parametrize(("drawn", "whole"), [(6, 12), (8, 14), (9, 12)])
def test_clusters_of_any_one_size_are_estimated_within_a_tenth(copies, drawn, whole):
    kinds = list(sightings(copies, drawn, whole))
    # Of all samples together, each cluster loses copies - 1 documents in each.
    truth = (copies - 1) * comb(whole, drawn)
    assert total(kinds) == pytest.approx(truth, rel=0.1)


def test_a_mixture_of_sizes_is_estimated_within_a_tenth():
    kinds = {}
    for copies, times in ((2, 8), (3, 3), (5, 1)):
        for kind, count in sightings(copies, 6, 12):
            kinds[kind] = kinds.get(kind, 0) + times * count
    truth = (8 * 1 + 3 * 2 + 1 * 4) * comb(12, 6)
    assert total(list(kinds.items())) == pytest.approx(truth, rel=0.1)


def test_large_clusters_are_told_by_their_size():
    # 40 of 400 pieces hold a copy, 100 are drawn, about 10 are seen: 39 are lost.
    kind = Sighting(10, 100 * 99 / (400 * 399), 400)
    assert worths([kind] * 20)[kind].seen == pytest.approx(39, rel=0.1)


def test_everything_drawn_leaves_nothing_to_guess():
    for seen in (2, 3, 9, 23):
        kind = Sighting(seen, 1.0, 30)
        assert worths([kind, Sighting(2, 1.0, 30)])[kind].seen == seen - 1


@pytest.mark.parametrize("chance", [1e-4, 1e-8, 1e-12])
def test_the_chance_to_see_a_rare_pair_keeps_its_digits(chance):
    # 1 - h(0) - h(1) cannot tell a millionth of a millionth.
    whole = np.array([[1e8]])
    drawn = cluster_sizes._num_drawn(np.array([[chance]]), whole)
    sizes = np.array([[2.0, 3.0]])
    # Of three any of three pairs is seen, for so small a share.
    found = cluster_sizes._detected(sizes, drawn, whole)[0]
    assert found == pytest.approx([chance, 3 * chance], rel=2 * chance**0.5 + 1e-5)


def test_a_piece_less_makes_no_cluster_of_a_pair():
    assert worths([Sighting(2, 0.1, 50)])[Sighting(2, 0.1, 50)].less == 0
    found = worths([Sighting(3, 0.1, 50)])[Sighting(3, 0.1, 50)]
    assert 0 < found.less <= found.seen


def test_the_order_of_sightings_changes_nothing():
    kinds = [Sighting(2, 0.1, 50), Sighting(3, 0.1, 50), Sighting(2, 0.2, 70)] * 3
    assert worths(kinds) == worths(reversed(kinds))
