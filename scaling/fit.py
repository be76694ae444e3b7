"""The three approaches of Hoffmann et al. 2022 (arXiv 2203.15556), fitted to runs of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from haybale.scaling.bootstrap import Bootstrap, Quantities, bootstrap
from haybale.scaling.envelope import Envelope, EnvelopeFit
from haybale.scaling.isoflop import IsoFlopFit, by_budget, fit_isoflop
from haybale.scaling.laws import ComputeFrontier
from haybale.scaling.parametric import (
    NUM_STARTS,
    ParametricFit,
    fit_parametric,
    refit,
    without_highest,
)
from haybale.scaling.runs import Runs

FAR_FACTOR = 10.0
"""A budget so many times from the nearest run's is told: a power law need not go on."""

SETTLED_FRACTION = 0.25
"""Of the best run's loss above E: an interval of E that is wider is told. Of 81 planted runs over a
range of 500 in compute, with noise of 0.3 %, it is a tenth."""


@dataclass(frozen=True)
class FittedApproach:
    """One approach, fitted.

    Attributes:
        approach: 1, 2 or 3.
        flops: The budget that `quantities` speak of.
        frontier: The best size and tokens for any budget.
        details: What the approach found on its way.
        quantities: `a` and `b`, exponents of parameters and tokens; `params` and `tokens` for
            `flops`; of approach 3 also `E`, `A`, `B`, `alpha` and `beta`.
        bootstrap: Intervals of the same quantities.
        warnings: What to know before believing it.
    """

    approach: int
    flops: float
    frontier: ComputeFrontier
    details: EnvelopeFit | IsoFlopFit | ParametricFit
    quantities: Mapping[str, float]
    bootstrap: Bootstrap
    warnings: tuple[str, ...] = ()


def fit_envelope_approach(runs: Runs, flops: float, num_draws: int, seed: int) -> FittedApproach:
    """Approach 1; curves are drawn.

    Raises:
        RunsError: The runs do not allow it.
    """
    envelope = Envelope(runs)
    found = envelope.fit()

    def again(rng: np.random.Generator) -> Quantities:
        chosen = rng.integers(envelope.num_curves, size=envelope.num_curves)
        return _of_frontier(envelope.fit(chosen).frontier, flops)

    fitted = _with_frontier(1, runs, flops, found, bootstrap(again, num_draws, seed))
    end, largest = float(found.flops.max()), float(runs.parameters.max())
    if flops <= 2 * end or fitted.quantities["params"] <= largest:
        return fitted
    told = (
        f"the envelope ends at {end:.3g} FLOPs, where sizes too near the largest tried begin, and "
        f"the best size for {flops:.3g} is above that one, {largest:.3g}: it is extrapolated"
    )
    return replace(fitted, warnings=(*fitted.warnings, told))


def fit_isoflop_approach(runs: Runs, flops: float, num_draws: int, seed: int) -> FittedApproach:
    """Approach 2; runs are drawn within their budget.

    Raises:
        RunsError: The runs do not allow it.
    """
    budgets = by_budget(runs)
    found = fit_isoflop(budgets)

    def again(rng: np.random.Generator) -> Quantities:
        drawn = [budget.take(_drawn(rng, len(budget))) for budget in budgets]
        return _of_frontier(fit_isoflop(drawn).frontier, flops)

    return _with_frontier(2, runs, flops, found, bootstrap(again, num_draws, seed))


def fit_parametric_approach(
    runs: Runs,
    flops: float,
    num_draws: int,
    seed: int,
    drop_highest: int = 0,
    num_starts: int = NUM_STARTS,
) -> FittedApproach:
    """Approach 3; runs are drawn from those that the outlier policy leaves.

    Args:
        runs: Finished runs.
        flops: The budget to speak of.
        num_draws: Of the bootstrap.
        seed: Of the bootstrap.
        drop_highest: Runs of highest loss to leave out.
        num_starts: Of the grid's starts, how many the optimiser runs from.

    Raises:
        RunsError: The runs do not allow it.
    """
    found = fit_parametric(runs, drop_highest, num_starts)
    kept = without_highest(runs, drop_highest)

    def again(rng: np.random.Generator) -> Quantities:
        return _of_law(refit(kept.take(_drawn(rng, len(kept))), found.law), flops)

    draws = bootstrap(again, num_draws, seed)
    return FittedApproach(
        3,
        flops,
        found.law.frontier,
        found,
        _of_law(found, flops),
        draws,
        (*_unsettled(kept, found, draws), *_far(runs, flops)),
    )


def _with_frontier(
    approach: int, runs: Runs, flops: float, found: EnvelopeFit | IsoFlopFit, draws: Bootstrap
) -> FittedApproach:
    quantities = _of_frontier(found.frontier, flops)
    warnings = (*found.warnings, *_far(runs, flops))
    return FittedApproach(approach, flops, found.frontier, found, quantities, draws, warnings)


def _far(runs: Runs, flops: float) -> tuple[str, ...]:
    low, high = float(runs.flops.min()), float(runs.flops.max())
    if low / FAR_FACTOR <= flops <= high * FAR_FACTOR:
        return ()
    return (
        f"{flops:.3g} FLOPs are far from the runs, of {low:.3g} to {high:.3g}: best size and "
        "tokens are extrapolated, and the intervals do not say by how much they may be off",
    )


def _unsettled(runs: Runs, found: ParametricFit, draws: Bootstrap) -> tuple[str, ...]:
    """Where draws move E by a good part of what the best run is above it."""
    interval, least = draws.intervals.get("E"), float(runs.losses.min())
    above = least - found.law.irreducible
    if interval is None or interval.high_80 - interval.low_80 < SETTLED_FRACTION * above:
        return ()
    return (
        f"the runs do not settle E: 80 % of draws give {interval.low_80:.3g} to "
        f"{interval.high_80:.3g}, and the least loss is {least:.3g}; with it A, B, alpha and beta "
        "are loose, and what the law says far from the runs is worth little; add larger budgets",
    )


def _drawn(rng: np.random.Generator, num_runs: int) -> NDArray[np.intp]:
    return np.sort(rng.integers(num_runs, size=num_runs))


def _of_frontier(frontier: ComputeFrontier, flops: float) -> dict[str, float]:
    return {
        "a": frontier.exponent,
        "b": 1.0 - frontier.exponent,
        "params": frontier.parameters(flops),
        "tokens": frontier.tokens(flops),
    }


def _of_law(found: ParametricFit, flops: float) -> dict[str, float]:
    law = found.law
    constants = {
        "E": law.irreducible,
        "A": law.parameter_scale,
        "B": law.token_scale,
        "alpha": law.alpha,
        "beta": law.beta,
    }
    return constants | _of_frontier(law.frontier, flops)
