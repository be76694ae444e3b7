"""How many documents a person must judge, and what follows from the verdicts.

The interval is exact: of all numbers of right documents that the whole may have, those stay under
which what was drawn is not too rare, at either end (Clopper and Pearson 1934, Biometrika 26:404,
with the hypergeometric distribution of a draw without replacement: Wright 1991, Exact Confidence
Bounds when Sampling from Small Finite Universes). It holds the truth at least as often as it says,
at shares near 1 too, where Wilson's interval may hold it less often.
"""

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np


def num_needed(population: int, error: float, confidence: float) -> int:
    """Documents to judge so that the interval is at most twice `error` wide, whatever they are.

    It is widest where half of the verdicts are `right`.

    Args:
        population: Documents that are drawn from.
        error: In (0, 0.5).
        confidence: In (0, 1).
    """
    # An interval of independent draws with normal tails needs (z / 2e)^2; an exact one not twice.
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    most = min(population, 2 * math.ceil((z / (2 * error)) ** 2) + 10)
    return 1 + _last(lambda num: worst_error(num, population, confidence) > error, 0, most - 1)


def worst_error(num: int, population: int, confidence: float) -> float:
    """Half the width of the widest interval that so many verdicts give."""
    if num == 0:
        return 0.5
    low, high = bounds(num // 2, num, population, confidence)
    return (high - low) / 2


def bounds(right: int, num: int, population: int, confidence: float) -> tuple[float, float]:
    """Interval of the share that is right of all documents.

    Args:
        right: Verdicts `right`.
        num: All verdicts, at least 1.
        population: Documents that they were drawn from, at least `num`.
        confidence: In (0, 1).
    """
    high = _most(right, num, population, (1 - confidence) / 2)
    low = population - _most(num - right, num, population, (1 - confidence) / 2)
    return low / population, high / population


def _most(right: int, num: int, population: int, tail: float) -> int:
    """The largest number of right documents under which so few in a draw are not too rare."""

    def is_possible(total: int) -> bool:
        return _at_most(right, num, total, population) > tail

    return _last(is_possible, right, population - (num - right))


def _at_most(right: int, num: int, total: int, population: int) -> float:
    """Chance of at most so many right ones in a draw, with so many right ones in the whole.

    From the ratios of neighbouring probabilities, which unlike factorials lose no digits.
    """
    first, last = max(0, num - (population - total)), min(num, total)
    numbers = np.arange(first, last, dtype=np.float64)
    more = (total - numbers) * (num - numbers)
    less = (numbers + 1) * (population - total - num + numbers + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(more) - np.log(less))])
    weights = np.exp(logs - logs.max())
    return float(weights[: max(0, right - first + 1)].sum() / weights.sum())


def _last(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The last number for which it holds, of those from `low`, for which it holds, to `high`."""
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low
