"""Approach 3: the loss itself, E + A / N^alpha + B / D^beta, fitted to all runs.

Hoffmann et al. 2022 (arXiv 2203.15556), section 3.3 and appendix D: the sum over runs of a Huber
loss between predicted and measured log loss, least over log A, log B, log E, alpha and beta.
Besiroglu et al. 2024 (arXiv 2404.10102) found what it takes to get there: the sum and not the mean,
whose gradients are so small that the optimiser believes to have arrived, and no rounding.
"""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np

from haybale.scaling.laws import ParametricLoss
from haybale.scaling.objective import Objective
from haybale.scaling.runs import Floats, Runs, RunsError

GRID = np.array(
    list(
        product(range(0, 26, 5), range(0, 26, 5), (-1, -0.5, 0, 0.5, 1), *[(0, 0.5, 1, 1.5, 2)] * 2)
    ),
    np.float64,
)
"""Starts, float64 [4500, 5]: log A, log B, log E, alpha, beta (appendix D)."""

NUM_STARTS = 100
"""Of the grid's 4,500 starts, those of least objective from which the optimiser runs."""


LEAST_EXPONENT = 0.01
"""Below it a term falls by less than a tenth over four decades of size or tokens: runs do not tell
it from a constant, and the frontier, which divides by it, means nothing."""


@dataclass(frozen=True)
class ParametricFit:
    """The law found.

    Attributes:
        law: With its constants unrounded.
        objective: Sum of Huber losses over the runs fitted.
        num_runs: Fitted.
        num_dropped: Left out as of highest loss.
        num_starts: From which the optimiser ran.
    """

    law: ParametricLoss
    objective: float
    num_runs: int
    num_dropped: int
    num_starts: int


def fit_parametric(
    runs: Runs, drop_highest: int = 0, num_starts: int = NUM_STARTS
) -> ParametricFit:
    """Fit the law.

    Outliers: a Huber loss counts a run that is far off linearly. Beyond that no run is dropped,
    unless the caller says how many of the highest losses to leave out; Besiroglu et al. left out 5
    of 245, of models too small and too shortly trained for the law.

    Args:
        runs: Finished runs.
        drop_highest: Runs of highest loss to leave out.
        num_starts: Starts of the grid, those of least objective first.

    Raises:
        RunsError: There are too few runs, or they do not settle alpha and beta.
    """
    kept = without_highest(runs, drop_highest)
    objective = Objective(kept)
    starts = objective.centred(GRID)
    ranked = np.argsort([objective.value(start)[0] for start in starts], kind="stable")[:num_starts]
    least, best = min((objective.minimised(starts[index]) for index in ranked), key=lambda f: f[0])
    law = _law(objective.uncentred(best))
    return ParametricFit(law, least, len(kept), drop_highest, len(ranked))


def refit(runs: Runs, near: ParametricLoss) -> ParametricFit:
    """Fit the law to runs whose law is nearly known, as to a resample of those it was fitted to.

    Raises:
        RunsError: These runs do not settle alpha and beta.
    """
    objective = Objective(runs)
    scales = np.log([near.parameter_scale, near.token_scale, near.irreducible])
    start = objective.centred(np.array([*scales, near.alpha, near.beta]))
    least, best = objective.minimised(start)
    return ParametricFit(_law(objective.uncentred(best)), least, len(runs), 0, 1)


def without_highest(runs: Runs, drop_highest: int) -> Runs:
    """The runs less so many of highest loss.

    Raises:
        RunsError: Fewer runs, sizes or lengths are left than a law of five constants needs.
    """
    kept = runs.take(
        np.sort(np.argsort(runs.losses, kind="stable")[: max(0, len(runs) - drop_highest)])
    )
    sizes, lengths = len(set(kept.parameters)), len(set(kept.tokens))
    if len(kept) < 6 or min(sizes, lengths) < 3:
        raise RunsError(
            "approach 3 needs at least 6 runs with 3 sizes and 3 numbers of tokens; found "
            f"{len(kept)} with {sizes} and {lengths}"
            + (f" after leaving out {drop_highest}" if drop_highest else "")
        )
    return kept


def _law(constants: Floats) -> ParametricLoss:
    log_a, log_b, log_e, alpha, beta = (float(value) for value in constants)
    if min(alpha, beta) < LEAST_EXPONENT or max(log_a, log_b) > 700:
        raise RunsError(
            f"approach 3: these runs do not settle the law, which came out with alpha = "
            f"{alpha:.3g} and beta = {beta:.3g}; add runs that differ more in size and in tokens"
        )
    return ParametricLoss(math.exp(log_e), math.exp(log_a), math.exp(log_b), alpha, beta)
