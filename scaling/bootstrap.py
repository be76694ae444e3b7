"""How far a fit could have come out otherwise: it is made again from runs drawn anew."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from haybale.scaling.runs import RunsError

PERCENTILES = (2.5, 10.0, 90.0, 97.5)
"""The outer two hold 95 %; the inner two are those of table 2 of Hoffmann et al. 2022."""

Quantities = Mapping[str, float]


@dataclass(frozen=True)
class Interval:
    """What a quantity may be: 95 % and 80 %."""

    low_95: float
    low_80: float
    high_80: float
    high_95: float


@dataclass(frozen=True)
class Bootstrap:
    """Intervals by name of quantity.

    Attributes:
        intervals: Of each quantity; none where every draw failed.
        num_draws: Made.
        num_failed: Of these, from which no law could be fitted; intervals leave them out.
    """

    intervals: Mapping[str, Interval]
    num_draws: int
    num_failed: int


def bootstrap(
    fit: Callable[[np.random.Generator], Quantities], num_draws: int, seed: int
) -> Bootstrap:
    """Draw and fit again, and take percentiles.

    With replacement and as many runs as there are (Efron 1979). Hoffmann et al. drew 80 % of them;
    without replacement that gives intervals half as wide.

    Args:
        fit: Draws runs with the generator it is given, and names what it found. `RunsError` is a
            draw that failed.
        num_draws: How often.
        seed: Each draw has a stream of its own below it, so the first draws of a longer bootstrap
            are those of a shorter one.
    """
    found: list[Quantities] = []
    for child in np.random.SeedSequence(seed).spawn(num_draws):
        try:
            found.append(fit(np.random.default_rng(child)))
        except RunsError:
            continue
    intervals = {}
    for name in found[0] if found else ():
        values = np.percentile([quantities[name] for quantities in found], PERCENTILES)
        intervals[name] = Interval(*(float(value) for value in values))
    return Bootstrap(intervals, num_draws, num_draws - len(found))
