"""How much of a subset was drawn, and how likely it was that two of its pieces were."""

import math
from dataclasses import dataclass

MOST_UNSEEN = 3.0
"""Clusters that may be there where none is seen: the upper end, of 95 in 100, of a count of 0."""


@dataclass(frozen=True)
class Drawn:
    """A subset's share of the sample.

    Two of its N pieces, of which n are drawn, are drawn both with probability
    n (n - 1) / (N (N - 1)), which is less than the square of n / N; two of different subsets with
    the product of their shares.

    Attributes:
        fraction: Share of its input, in (0, 1].
        num_pieces: In so many pieces.
    """

    fraction: float
    num_pieces: int

    @property
    def num_whole(self) -> float:
        """Pieces that the whole subset would give."""
        return self.num_pieces / self.fraction

    @property
    def pair_chance(self) -> float:
        """The probability that two of its pieces are both drawn."""
        pairs, whole = self.num_pieces * (self.num_pieces - 1), self.num_whole
        return pairs / (whole * (whole - 1)) if whole > 1 else 1.0

    @property
    def most_unseen(self) -> float:
        """Removed documents that may be there although no cluster across pieces is seen."""
        if self.fraction == 1:
            return 0.0
        return MOST_UNSEEN / self.pair_chance if self.pair_chance else math.inf
