"""What approach 3 makes least: the sum of Huber losses between predicted and measured log loss."""

from functools import cache

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import ThreadpoolController

from haybale.scaling.runs import Floats, Runs

HUBER_DELTA = 1e-3
"""Where the Huber loss turns from square to linear, in log loss (section 3.3)."""


class Objective:
    """The sum of Huber losses, in constants that the optimiser finds easy.

    log A and log B trade against alpha and beta, since log N and log D are far from 0. They are
    taken at the mean of log N and log D here, which leaves the sum as it is and its valley round.
    """

    def __init__(self, runs: Runs) -> None:
        log_sizes, log_tokens = np.log(runs.parameters), np.log(runs.tokens)
        self._means = np.array([log_sizes.mean(), log_tokens.mean()])
        self._sizes = log_sizes - self._means[0]
        self._tokens = log_tokens - self._means[1]
        self._losses = np.log(runs.losses)

    def centred(self, constants: Floats) -> Floats:
        """From log A, log B, log E, alpha, beta: float64 [..., 5]."""
        moved = constants.copy()
        moved[..., :2] -= constants[..., 3:] * self._means
        return moved

    def uncentred(self, moved: Floats) -> Floats:
        """The inverse of `centred`."""
        constants = moved.copy()
        constants[..., :2] += moved[..., 3:] * self._means
        return constants

    def value(self, moved: Floats) -> tuple[float, Floats]:
        """Sum and gradient, float64 [5], at one point."""
        terms = np.stack(
            [
                moved[0] - moved[3] * self._sizes,
                moved[1] - moved[4] * self._tokens,
                np.full_like(self._sizes, moved[2]),
            ]
        )
        highest = terms.max(axis=0)
        shares = np.exp(terms - highest)
        total = shares.sum(axis=0)
        residuals = highest + np.log(total) - self._losses
        # The slope of a Huber loss is its residual, cut off at delta.
        slopes = np.clip(residuals, -HUBER_DELTA, HUBER_DELTA)
        of_size, of_tokens, of_text = shares / total * slopes
        gradient = [
            of_size.sum(),
            of_tokens.sum(),
            of_text.sum(),
            -(of_size @ self._sizes),
            -(of_tokens @ self._tokens),
        ]
        return float((slopes * (residuals - 0.5 * slopes)).sum()), np.array(gradient)

    def minimised(self, start: Floats) -> tuple[float, Floats]:
        """The least sum that L-BFGS reaches from here, and where."""
        # Far tighter than SciPy's defaults, which stop where a step gains less than 2e-9: the sum
        # itself is about 1e-3.
        options = {"maxiter": 2000, "maxfun": 4000, "ftol": 1e-15, "gtol": 1e-10}
        # Threads for five unknowns take thirty times as long, and may add in another order.
        with _blas().limit(limits=1, user_api="blas"):
            found = minimize(self.value, start, jac=True, method="L-BFGS-B", options=options)
        return float(found.fun), np.asarray(found.x)


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()
