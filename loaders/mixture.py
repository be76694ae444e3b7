"""Which source a position of the global sequence draws from, as a pure function of the position.

The sources stand at the leaves of a binary tree. A node that hands out n items gives
floor((n a + c) / (a + b)) of them to its first child, where a and b are the children's weights and
c = floor((a + b) / 2) rounds to the nearest. The next item goes to the child whose count grows. So
every prefix holds each source in its share, at K - 1 integer divisions a position and no state.

Bound: rounding adds at most 1/2 at a node, and a child passes on its share of its parent's error.
Children that are no leaves hold at most 2/3 of their parent (see `_halves`), so the error at an
inner node is below 1/2 + 2/3 (1/2 + 2/3 (...)) = 3/2, and at a leaf below 1/2 + 3/2 = 2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haybale.corpus.errors import RecipeError

DENOMINATOR = 10**9
"""Weights are whole multiples of this fraction."""

MAX_POSITION = 1 << 50
_EXACT_TOTAL = 1 << 31  # below it, the product of two numbers fits into int64
Integers = npt.NDArray[np.int64]


def whole_weights(weights: Mapping[str, float], denominator: int = DENOMINATOR) -> dict[str, int]:
    """Weights as whole numbers that sum to the denominator, by largest remainder.

    Raises:
        RecipeError: If a weight is negative, not finite, or too small to be told from zero, or if
            all are zero.
    """
    for name, weight in weights.items():
        if not 0 <= weight < float("inf"):
            raise RecipeError(f"weights.{name}: expected a number of at least 0, found {weight}")
    total = sum(weights.values())
    if not total > 0:
        raise RecipeError(f"weights: expected at least one above 0, found {dict(weights)}")
    exact = {name: weight / total * denominator for name, weight in weights.items()}
    whole = {name: int(share) for name, share in exact.items()}
    missing = denominator - sum(whole.values())
    by_remainder = sorted(exact, key=lambda name: (whole[name] - exact[name], name))
    for name in by_remainder[:missing]:
        whole[name] += 1
    for name, weight in weights.items():
        if weight > 0 and whole[name] == 0:
            raise RecipeError(
                f"weights.{name}: {weight} of {total} is below 1/{denominator}; "
                "raise it, or set it to 0 to leave the source out"
            )
    return whole


@dataclass(frozen=True)
class _Node:
    """A source (a leaf), or the split of a range of positions between two children."""

    weight: int
    source: int = -1
    children: "tuple[_Node, _Node] | None" = None


class Mixture:
    """Interleaves endless sources in the ratio of whole weights.

    After any n positions each source has come n weight / total times, to within 2; after any
    multiple of the total it has come exactly as often as its weight says.

    Args:
        weights: One whole number above zero per source.
    """

    def __init__(self, weights: Sequence[int]) -> None:
        if not weights or min(weights) < 1:
            raise ValueError(f"expected whole weights above zero, found {list(weights)}")
        self.weights = tuple(int(weight) for weight in weights)
        self.total = sum(self.weights)
        leaves = [_Node(weight, source) for source, weight in enumerate(self.weights)]
        self._root = _tree(sorted(leaves, key=lambda leaf: (-leaf.weight, leaf.source)))

    def locate(self, positions: npt.ArrayLike) -> tuple[Integers, Integers]:
        """The source of each position, and how often that source came before.

        Args:
            positions: int64[positions], each in [0, `MAX_POSITION`).

        Returns:
            sources int64[positions] and ordinals int64[positions].

        Raises:
            IndexError: If a position is out of range.
        """
        given = np.asarray(positions, np.int64)
        if given.size and not (given.min() >= 0 and given.max() < MAX_POSITION):
            raise IndexError(f"expected positions in [0, {MAX_POSITION})")
        sources, ordinals = np.empty_like(given), np.empty_like(given)
        waiting = [(self._root, np.arange(given.size), given)]
        while waiting:
            node, places, numbers = waiting.pop()
            if node.children is None:
                sources[places], ordinals[places] = node.source, numbers
                continue
            first, second = node.children
            before = _share(numbers, first.weight, node.weight)
            chosen = _share(numbers + 1, first.weight, node.weight) > before
            waiting.append((first, places[chosen], before[chosen]))
            waiting.append((second, places[~chosen], (numbers - before)[~chosen]))
        return sources, ordinals

    def counts(self, num_positions: int) -> tuple[int, ...]:
        """How often each source comes in the first positions."""
        counts = [0] * len(self.weights)
        waiting = [(self._root, num_positions)]
        while waiting:
            node, number = waiting.pop()
            if node.children is None:
                counts[node.source] = number
                continue
            first, second = node.children
            part = (number * first.weight + node.weight // 2) // node.weight
            waiting += [(first, part), (second, number - part)]
        return tuple(counts)

    def position(self, source: int, ordinal: int) -> int:
        """The position at which a source comes for the given time: the inverse of `locate`."""
        low, high = ordinal, (ordinal + 3) * self.total // self.weights[source] + 1
        while low < high:
            middle = (low + high) // 2
            if self.counts(middle + 1)[source] > ordinal:
                high = middle
            else:
                low = middle + 1
        return low


def _tree(leaves: list[_Node]) -> _Node:
    """The tree over leaves in order of falling weight."""
    if len(leaves) == 1:
        return leaves[0]
    first, second = (_tree(half) for half in _halves(leaves))
    return _Node(first.weight + second.weight, children=(first, second))


def _halves(leaves: list[_Node]) -> tuple[list[_Node], list[_Node]]:
    """Two groups of which none with more than one leaf holds over 2/3 of the weight.

    Each leaf, heaviest first, goes to the lighter group. Let x be the last leaf of the heavier
    group, L its weight, 1 the weight of all. Without x it was not above the other: L - x <= 1 - L.
    If it has a leaf before x, that one weighs x or more, and so does the other group: 3x <= 1.
    Together, L <= (1 + x) / 2 <= 2/3 (Graham 1969, "Bounds on multiprocessing timing anomalies").
    """
    groups: tuple[list[_Node], list[_Node]] = ([], [])
    weights = [0, 0]
    for leaf in leaves:
        lighter = int(weights[1] < weights[0])
        groups[lighter].append(leaf)
        weights[lighter] += leaf.weight
    return groups


def _share(numbers: Integers, part: int, whole: int) -> Integers:
    """floor((numbers part + floor(whole / 2)) / whole), exact for numbers up to 2^50."""
    quotients, remainders = np.divmod(numbers, whole)
    if whole < _EXACT_TOTAL:
        return np.asarray(quotients * part + (remainders * part + whole // 2) // whole)
    products = remainders.astype(object) * part + whole // 2  # Python's integers have no limit
    return np.asarray(quotients * part + (products // whole).astype(np.int64))
