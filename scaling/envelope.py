"""Approach 1: at each amount of compute, the run that has the least loss by then.

Hoffmann et al. 2022 (arXiv 2203.15556), section 3.1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haybale.scaling.laws import ComputeFrontier
from haybale.scaling.power_law import fit_power_law
from haybale.scaling.runs import Floats, Runs, RunsError
from haybale.scaling.smoothing import smoothed

NUM_FLOP_VALUES = 1500
"""Logarithmically spaced (section 3.1)."""

NEAR_END = 0.85
"""The points that the paper chose lie in the last 15 % of their runs (section 3.1)."""

MIN_CURVES = 2
"""Where fewer curves are known there is nothing to choose from: before all others begin, and beyond
their ends."""

EDGE_FACTOR = 2.0
"""Where the frontier is within this factor of the smallest or the largest size tried, the envelope
is not counted: models beyond may have been better. The paper trains each size on horizons over a
range of 16; four times from the best is, at the same FLOPs, a factor of two in size."""


@dataclass(frozen=True)
class EnvelopeFit:
    """The lower envelope of training curves and the frontier through it.

    Attributes:
        frontier: The power law.
        flops: Of the points that it goes through, float64 [points].
        parameters: Of the best run at each, float64 [points].
        losses: Of that run there, float64 [points].
        near_end_fraction: Share of points in the last 15 % of their run. A point far from the end
            compares a learning rate that has not yet come down.
        warnings: What to know before believing it.
    """

    frontier: ComputeFrontier
    flops: Floats
    parameters: Floats
    losses: Floats
    near_end_fraction: float
    warnings: tuple[str, ...] = ()


class Envelope:
    """Training curves on a common scale of FLOPs, ready to be fitted in whole or in part."""

    def __init__(self, runs: Runs) -> None:
        """Smooth and interpolate.

        Raises:
            RunsError: There are no curves, or of too few sizes.
        """
        if not any(len(curve.tokens) > 1 for curve in runs.curves):
            raise RunsError(
                "approach 1 needs training curves: several rows a run, named in a column 'run'"
            )
        curves = [curve for curve in runs.curves if len(curve.tokens) > 1]
        self.sizes = np.array([curve.num_parameters for curve in curves])
        if len(set(self.sizes)) < 3:
            raise RunsError(
                "approach 1 needs training curves of at least 3 sizes of model; "
                f"found {len(set(self.sizes))}"
            )
        flops = [6.0 * curve.num_parameters * curve.tokens for curve in curves]
        low, high = min(own[0] for own in flops), max(own[-1] for own in flops)
        self.grid = np.geomspace(low, high, NUM_FLOP_VALUES)
        self.losses = np.full((len(curves), NUM_FLOP_VALUES), np.inf)
        for index, (curve, own) in enumerate(zip(curves, flops, strict=True)):
            known = (self.grid >= own[0]) & (self.grid <= own[-1])
            at = np.log(self.grid[known])
            smooth = smoothed(curve.tokens, curve.losses)
            self.losses[index, known] = np.interp(at, np.log(own), smooth)
        self.ends = np.array([own[-1] for own in flops])

    @property
    def num_curves(self) -> int:
        """How many curves there are to choose from."""
        return len(self.sizes)

    def fit(self, chosen: NDArray[np.intp] | None = None) -> EnvelopeFit:
        """The power law through the envelope of all curves, or of those chosen by index.

        The edges of the sizes tried are left out (`EDGE_FACTOR`).

        Raises:
            RunsError: Fewer than two sizes are left, or they follow no frontier.
        """
        chosen = np.arange(len(self.sizes)) if chosen is None else np.sort(chosen)
        losses, sizes = self.losses[chosen], self.sizes[chosen]
        best = losses.argmin(axis=0)
        least = losses[best, np.arange(NUM_FLOP_VALUES)]
        won = sizes[best]
        num_known = np.isfinite(self.losses[np.unique(chosen)]).sum(axis=0)
        inner = self._inner(won, num_known >= MIN_CURVES)
        flops = self.grid[inner]
        near_end = float(np.mean(flops >= NEAR_END * self.ends[chosen][best[inner]]))
        warnings = []
        if near_end < 0.5:
            warnings.append(
                f"{1 - near_end:.0%} of the envelope lies before the last 15 % of a run, where the "
                "learning rate is still high; train each size on several horizons"
            )
        frontier = fit_power_law(flops, won[inner])
        return EnvelopeFit(frontier, flops, won[inner], least[inner], near_end, tuple(warnings))

    def _inner(self, won: Floats, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where the frontier itself is away from the edges.

        Not where the best run is: to drop points by their size would flatten the line through them.
        The frontier decides which points count, and they the frontier. Where that does not settle
        but goes round, points count that every frontier of the round is content with.
        """
        low, high = self.sizes.min() * EDGE_FACTOR, self.sizes.max() / EDGE_FACTOR
        tried = [known]
        while True:
            frontier = fit_power_law(self.grid[tried[-1]], won[tried[-1]])
            best = frontier.coefficient * self.grid**frontier.exponent
            inner = _with_two_sizes(known & (best >= low) & (best <= high), won)
            for index, earlier in enumerate(tried):
                if np.array_equal(inner, earlier):
                    return _with_two_sizes(np.logical_and.reduce(tried[index:]), won)
            tried.append(inner)


def _with_two_sizes(inner: NDArray[np.bool_], won: Floats) -> NDArray[np.bool_]:
    if len(set(won[inner])) < 2:
        raise RunsError(
            "approach 1: fewer than two sizes, from twice the smallest to half the largest, are "
            "ever the best; add sizes between and beyond, or more compute"
        )
    return inner
