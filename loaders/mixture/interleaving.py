"""Which source a position of the global sequence draws from, as a pure function of the position.

The sources stand at the leaves of a binary tree. A node that hands out n items gives
floor((n a + c) / (a + b)) of them to its first child, where a and b are the children's weights and
c = floor((a + b) / 2) rounds to the nearest. The next item goes to the child whose count grows. So
every prefix holds each source in its share, at a multiplication or two a level and no state.

Bound: rounding adds at most 1/2 at a node, and a child passes on its share of its parent's error.
Children that are no leaves hold at most 2/3 of their parent (see `halves` in `tree.py`), so the
error at an inner node is below 1/2 + 2/3 (1/2 + 2/3 (...)) = 3/2, and at a leaf below
1/2 + 3/2 = 2.
"""

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from haybale.corpus.errors import RecipeError
from haybale.loaders.mixture.tree import Int64s, inner_nodes, paths, split_tree

DENOMINATOR = 10**9
"""Weights are whole multiples of this fraction."""

MAX_POSITION = 1 << 50
"""Positions are below it; see `_locate`."""

MAX_TOTAL = 1 << 50

_POSITIONS = types.Array(types.int64, 1, "C", readonly=True)
_INNER = types.Array(types.int64, 2, "C", readonly=True)
_FRACTIONS = types.Array(types.float64, 1, "C", readonly=True)
_FOUND = types.Array(types.int64, 1, "C")


def whole_weights(weights: Mapping[str, float], denominator: int = DENOMINATOR) -> dict[str, int]:
    """Weights as whole numbers that sum to the denominator, by largest remainder.

    Raises:
        RecipeError: If a weight is negative, not finite, or too small to be told from zero, or if
            all are zero.
    """
    for name, weight in weights.items():
        if not isinstance(weight, Real) or not 0 <= weight < float("inf"):
            raise RecipeError(f"weights.{name}: expected a number of at least 0, found {weight!r}")
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


class Mixture:
    """Interleaves endless sources in the ratio of whole weights.

    After any n positions each source has come n weight / total times, to within 2; after any
    multiple of the total it has come exactly as often as its weight says.

    Args:
        weights: One whole number above zero per source, up to `MAX_TOTAL` together.
    """

    def __init__(self, weights: Sequence[int]) -> None:
        if not weights or min(weights) < 1 or sum(weights) > MAX_TOTAL:
            raise ValueError(
                f"expected whole weights above zero, {MAX_TOTAL} at most together, found "
                f"{list(weights)}"
            )
        self.weights = tuple(int(weight) for weight in weights)
        self.total = sum(self.weights)
        self._root = split_tree(self.weights)
        self._inner = inner_nodes(self._root)
        self._fractions = self._inner[:, 0] / self._inner[:, 1]
        self._paths = dict(paths(self._root))

    def locate(self, positions: npt.ArrayLike) -> tuple[Int64s, Int64s]:
        """The source of each position, and how often that source came before.

        Args:
            positions: int64[positions], each in [0, `MAX_POSITION`).

        Returns:
            sources int64[positions] and ordinals int64[positions].

        Raises:
            IndexError: If a position is out of range.
        """
        given = np.ascontiguousarray(positions, np.int64)
        sources, ordinals = np.empty_like(given), np.empty_like(given)
        if not _locate(given, self._inner, self._fractions, sources, ordinals):
            raise IndexError(f"expected positions in [0, {MAX_POSITION})")
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
        """The position at which a source comes for the given time: the inverse of `locate`.

        With a, b and c as above, the first child's item m is handed out at the last n for which
        n a + c < (m + 1) (a + b), the second's at the last n for which n b - c <= m (a + b).
        """
        number = ordinal
        for node, is_first in reversed(self._paths[source]):
            assert node.children is not None
            first, second = node.children
            rounding = node.weight // 2
            if is_first:
                number = ((number + 1) * node.weight - rounding - 1) // first.weight
            else:
                number = (number * node.weight + rounding) // second.weight
        return number


@njit(  # type: ignore[untyped-decorator]
    types.boolean(_POSITIONS, _INNER, _FRACTIONS, _FOUND, _FOUND), cache=True, nogil=True
)
def _locate(positions: Any, inner: Any, fractions: Any, sources: Any, ordinals: Any) -> bool:
    """Send each position down the tree; False if one is out of range.

    The product n a may need more than 64 bits. Its quotient is estimated in floating point: off by
    less than 2^50 / 2^52 = 1/4, as it is below 2^50. What rounding adds, c / (a + b), is 1/3 to
    1/2, so the estimate is the quotient or one less. The remainder, computed modulo 2^64, then fits
    and tells which.
    """
    for at in range(len(positions)):
        number = positions[at]
        if not 0 <= number < MAX_POSITION:
            return False
        node = 0 if len(inner) else ~0
        while node >= 0:
            first_weight, weight = inner[node, 0], inner[node, 1]
            before = np.int64(number * fractions[node])
            product = np.uint64(number) * np.uint64(first_weight) + np.uint64(weight // 2)
            remainder = np.int64(product - np.uint64(before) * np.uint64(weight))
            if remainder >= weight:
                before, remainder = before + 1, remainder - weight
            if remainder + first_weight >= weight:  # the first child's count grows
                node, number = inner[node, 2], before
            else:
                node, number = inner[node, 3], number - before
        sources[at], ordinals[at] = ~node, number
    return True
