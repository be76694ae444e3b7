"""Stretches of the sequence that are not handed out, as after a spike of the loss."""

from collections.abc import Sequence

import numpy as np

from haybale.corpus.errors import CheckpointMismatchError
from haybale.loaders.shards.store import Int64s

Range = tuple[int, int]


class Skips:
    """Ranges of positions left out of the sequence, and the sequence without them.

    Args:
        ranges: First and one past the last position of each, disjoint, in any order.
    """

    def __init__(self, ranges: Sequence[Range] = ()) -> None:
        self.ranges = tuple(_joined(sorted(ranges)))
        firsts = np.array([first for first, _ in self.ranges], np.int64)
        lengths = np.array([last - first for first, last in self.ranges], np.int64)
        self._firsts, self._ends = firsts, firsts + lengths
        self._before = np.concatenate([[0], np.cumsum(lengths)])  # skipped before each range
        self._gates = firsts - self._before[:-1]  # samples handed out before each range

    @property
    def num_samples(self) -> int:
        """Samples left out."""
        return int(self._before[-1])

    def positions(self, handed_out: Int64s) -> Int64s:
        """The position of the sample with each number among those handed out."""
        passed = self._gates.searchsorted(handed_out, side="right")
        return np.asarray(handed_out + self._before[passed])

    def handed_out(self, position: int) -> int | None:
        """The number of a position's sample among those handed out; None if it is skipped."""
        passed = int(self._firsts.searchsorted(position, side="right"))
        if passed and position < self._ends[passed - 1]:
            return None
        return position - int(self._before[passed])

    def with_range(self, first: int, last: int) -> "Skips":
        """The same with one more range of positions left out."""
        return Skips([*self.ranges, (first, last)])

    def as_json(self) -> list[list[int]]:
        """First and one past the last position of each range."""
        return [list(bounds) for bounds in self.ranges]

    @classmethod
    def from_json(cls, raw: object) -> "Skips":
        """The inverse of `as_json`.

        Raises:
            CheckpointMismatchError: If it is nothing of the kind.
        """
        try:
            ranges = [(int(first), int(last)) for first, last in raw]  # type: ignore[attr-defined]
            if not all(0 <= first < last for first, last in ranges):
                raise ValueError
        except (TypeError, ValueError):
            raise CheckpointMismatchError(
                f"expected skips as lists of two positions, found {raw!r}"
            ) from None
        return cls(ranges)


def _joined(ranges: Sequence[Range]) -> list[Range]:
    """Sorted ranges with those that meet or overlap made one."""
    joined: list[Range] = []
    for first, last in ranges:
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
