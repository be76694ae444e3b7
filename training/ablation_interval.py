"""Whether one corpus makes better models than another, as far as so many seeds can tell."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev


@dataclass(frozen=True)
class Difference:
    """The second less the first, in bits per byte.

    Attributes:
        mean: Over seeds; below 0 the second is better.
        low: Of the 95 % interval.
        high: Of the 95 % interval.
    """

    mean: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.low > 0 or self.high < 0


def paired_difference(first: Sequence[float], second: Sequence[float]) -> Difference:
    """Mean and 95 % interval of paired differences.

    Student 1908, "The probable error of a mean": m +- t s / sqrt(n), with t of n - 1 degrees of
    freedom. Two runs of a seed begin with the same weights, where shapes agree, so what a seed does
    to both cancels.

    Args:
        first: Bits per byte for each seed, two or more.
        second: Of the same seeds.
    """
    from scipy.stats import t

    differences = [after - before for before, after in zip(first, second, strict=True)]
    mean, num_seeds = fmean(differences), len(differences)
    reach = float(t.ppf(0.975, num_seeds - 1)) * stdev(differences) / math.sqrt(num_seeds)
    return Difference(mean, mean - reach, mean + reach)
