"""Passes: what is too much to shuffle at once is shuffled range by range of its partitions.

A local engine holds a shuffle in memory, at 4.5 to 9 times its size.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Pass:
    """A range of the partitions of a shuffle.

    Attributes:
        first: Its first partition.
        stop: The partition after its last.
        count: Of all partitions.
        num_bytes: Of its rows, about.
    """

    first: int
    stop: int
    count: int
    num_bytes: int

    def __len__(self) -> int:
        return self.stop - self.first

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.first <= number < self.stop

    def __str__(self) -> str:
        """Names its steps: begun again with other passes, none is taken for another."""
        return f"{self.first:05d}-{self.stop:05d}"


def cut_passes(count: int, num_bytes: int, pass_bytes: int) -> Iterator[Pass]:
    """Cut partitions into passes of at most about `pass_bytes` each, one partition at the least.

    Args:
        count: Of partitions, all of about the same size.
        num_bytes: Of all of them.
        pass_bytes: Of one pass.
    """
    size = max(1, min(count, count * pass_bytes // max(1, num_bytes)))
    for first in range(0, count, size):
        stop = min(first + size, count)
        yield Pass(first, stop, count, num_bytes * (stop - first) // count)
