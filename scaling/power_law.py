"""A frontier through measured optima: a straight line in logarithms."""

import numpy as np

from haybale.scaling.laws import ComputeFrontier
from haybale.scaling.runs import Floats, RunsError


def fit_power_law(flops: Floats, parameters: Floats) -> ComputeFrontier:
    """N = k C^a by least squares on log N, as approaches 1 and 2 of Hoffmann et al. 2022 end.

    Args:
        flops: C, float64 [optima], of two values at least.
        parameters: The best N for each, float64 [optima].

    Raises:
        RunsError: Size or tokens would fall as compute grows.
    """
    x, y = np.log(flops), np.log(parameters)
    # About the means: log C is near 50, and a sum of its squares would drown its spread.
    centred = x - x.mean()
    exponent = float(centred @ (y - y.mean()) / (centred @ centred))
    if not 0.0 < exponent < 1.0:
        raise RunsError(
            f"the best sizes follow no frontier: they grow with FLOPs to the power {exponent:.3g}, "
            "expected between 0 and 1; use budgets further apart, more sizes or more seeds"
        )
    return ComputeFrontier(float(np.exp(y.mean() - exponent * x.mean())), exponent)
