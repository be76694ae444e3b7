from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus.errors import RecipeError
from haybale.loaders.mixture.interleaving import (
    DENOMINATOR,
    MAX_POSITION,
    MAX_TOTAL,
    Mixture,
    whole_weights,
)
from haybale.loaders.mixture.tree import Node, halves, split_tree

MASSIVETEXT = [0.48, 0.27, 0.10, 0.10, 0.03, 0.02]  # Rae et al. 2021, table 2
WEIGHTS = [
    [1],
    [1, 1],
    [7, 3],
    [1] * 11,
    [1] * 100,
    [1000, 1, 1, 1, 1],
    [2**k for k in range(12)],
    [5, 5, 5, 3, 3, 2, 2, 2, 1],
    [int(weight * 100) for weight in MASSIVETEXT],
]


def _largest_error(weights: list[int], num_positions: int) -> float:
    sources, _ = Mixture(weights).locate(np.arange(num_positions))
    drawn = np.cumsum(sources[:, None] == np.arange(len(weights)), axis=0)
    target = np.arange(1, num_positions + 1)[:, None] * np.array(weights) / sum(weights)
    return float(np.abs(drawn - target).max())


@pytest.mark.parametrize("weights", WEIGHTS, ids=str)
def test_every_prefix_holds_each_source_in_its_share_to_within_two(weights: list[int]) -> None:
    assert _largest_error(weights, 5000) < 2


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=24))
def test_any_weights_are_met_to_within_two(weights: list[int]) -> None:
    assert _largest_error(weights, 300) < 2


@given(st.lists(st.integers(1, 10**9), min_size=2, max_size=24))
def test_no_group_of_several_sources_holds_over_two_thirds(weights: list[int]) -> None:
    leaves = [Node(weight) for weight in sorted(weights, reverse=True)]
    for half in halves(leaves):
        assert half
        assert len(half) == 1 or 3 * sum(leaf.weight for leaf in half) <= 2 * sum(weights)


@pytest.mark.parametrize("weights", WEIGHTS, ids=str)
def test_the_ordinals_of_each_source_have_no_gap(weights: list[int]) -> None:
    sources, ordinals = Mixture(weights).locate(np.arange(5000))
    for source in range(len(weights)):
        of_source = ordinals[sources == source]
        assert of_source.tolist() == list(range(len(of_source)))


@pytest.mark.parametrize("weights", WEIGHTS, ids=str)
def test_each_whole_period_holds_exactly_the_weights(weights: list[int]) -> None:
    total = sum(weights)
    sources, _ = Mixture(weights).locate(np.arange(total, 2 * total))
    assert np.bincount(sources, minlength=len(weights)).tolist() == weights


@pytest.mark.parametrize(
    "weights",
    [[480_000_000, 270_000_000, 250_000_000], [2**31 - 3, 2], [2**40 + 1, 2**39 - 5, 3]],
    ids=["billionths", "just below 2^31", "beyond 2^40"],
)
def test_far_positions_are_exact(weights: list[int]) -> None:
    # At n the exact target is the fraction n w / total, in integers without a limit.
    mixture, last = Mixture(weights), MAX_POSITION - 1
    positions = np.array([last - 10, last // 3, last])
    for position, source, ordinal in zip(
        positions.tolist(), *(found.tolist() for found in mixture.locate(positions)), strict=True
    ):
        target = Fraction(position * weights[source], sum(weights))
        assert abs(ordinal - target) < 2
        assert mixture.counts(position)[source] == ordinal
        assert mixture.counts(position + 1)[source] == ordinal + 1


@pytest.mark.parametrize("weights", WEIGHTS, ids=str)
def test_a_position_is_found_again_from_source_and_ordinal(weights: list[int]) -> None:
    mixture = Mixture(weights)
    positions = np.arange(0, 3000, 37)
    sources, ordinals = mixture.locate(positions)
    found = [
        mixture.position(source, ordinal)
        for source, ordinal in zip(sources.tolist(), ordinals.tolist(), strict=True)
    ]
    assert found == positions.tolist()


def _walk(node: Node, number: int) -> tuple[int, int]:
    """Source and ordinal of a position, in Python's integers."""
    while node.children is not None:
        first, second = node.children
        before, after = (
            (n * first.weight + node.weight // 2) // node.weight for n in (number, number + 1)
        )
        node, number = (first, before) if after > before else (second, number - before)
    return node.source, number


@given(
    st.lists(st.integers(1, MAX_TOTAL // 24), min_size=1, max_size=24),
    st.lists(st.integers(0, MAX_POSITION - 1), min_size=1, max_size=20),
)
def test_any_weights_and_positions_are_exact_both_ways(
    weights: list[int], positions: list[int]
) -> None:
    # Products reach 2^95 here: far beyond the kernel's 64 bits.
    mixture, root = Mixture(weights), split_tree(weights)
    located = list(zip(*(found.tolist() for found in mixture.locate(positions)), strict=True))
    assert located == [_walk(root, position) for position in positions]
    assert [mixture.position(*found) for found in located] == positions


@pytest.mark.parametrize("position", [-1, MAX_POSITION])
def test_a_position_out_of_range_is_refused(position: int) -> None:
    with pytest.raises(IndexError, match=rf"\[0, {MAX_POSITION}\)"):
        Mixture([1, 2]).locate([0, position])


@pytest.mark.parametrize("weights", [[], [1, 0], [MAX_TOTAL, 1]])
def test_weights_that_no_tree_can_split_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="whole weights above zero"):
        Mixture(weights)


def test_a_far_position_does_not_depend_on_what_was_asked_before() -> None:
    mixture = Mixture([3, 2, 2])
    together = mixture.locate(np.arange(100))
    alone = [mixture.locate([position]) for position in range(100)]
    assert [int(source[0]) for source, _ in alone] == together[0].tolist()
    assert [int(ordinal[0]) for _, ordinal in alone] == together[1].tolist()


def test_massivetexts_weights_become_exact_billionths() -> None:
    names = ["massiveweb", "books", "c4", "news", "github", "wikipedia"]
    whole = whole_weights(dict(zip(names, MASSIVETEXT, strict=True)))
    assert list(whole.values()) == [
        480_000_000, 270_000_000, 100_000_000, 100_000_000, 30_000_000, 20_000_000,
    ]  # fmt: skip


def test_thirds_are_rounded_to_the_denominator() -> None:
    whole = whole_weights({"a": 1, "b": 1, "c": 1})
    assert sum(whole.values()) == DENOMINATOR
    assert Counter(whole.values()) == {333_333_333: 2, 333_333_334: 1}


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"a": -0.1, "b": 1}, r"weights\.a: expected a number of at least 0, found -0\.1"),
        ({"a": float("nan")}, r"weights\.a: expected a number"),
        ({"a": float("inf")}, r"weights\.a: expected a number"),
        ({"a": 0.0}, "at least one above 0"),
        ({"a": 1e-12, "b": 1}, r"weights\.a: 1e-12 of .* is below 1/1000000000"),
    ],
)
def test_weights_that_cannot_be_right_are_refused(weights: dict[str, float], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        whole_weights(weights)
