"""A training curve without the noise of its batches."""

import numpy as np

from haybale.scaling.runs import Floats

WINDOW_POINTS = 10
"""Width of the Gaussian window over logged points (Hoffmann et al. 2022, arXiv 2203.15556, section
3.1). The paper does not say how wide the Gaussian is inside of it: here it spans two standard
deviations to either side."""


def smoothed(tokens: Floats, losses: Floats) -> Floats:
    """The loss at each point as a Gaussian-weighted straight line through its neighbours has it.

    A line in log tokens, not a mean: a curve falls, and at its end, which is where the envelope
    touches it, a mean would count only higher losses.

    Args:
        tokens: Float64 [points], rising.
        losses: Float64 [points].

    Returns:
        Float64 [points]; `losses` themselves where there are fewer than three.
    """
    num_points = len(losses)
    if num_points < 3:
        return losses
    half = WINDOW_POINTS // 2
    x = np.log(tokens)
    weight, first, second, value, product = np.zeros((5, num_points))
    for offset in range(-half, half + 1):
        here = slice(max(0, -offset), num_points - max(0, offset))
        there = slice(max(0, offset), num_points - max(0, -offset))
        if here.start >= here.stop:
            continue
        gaussian = np.exp(-0.5 * (2.0 * offset / half) ** 2)
        distance = x[there] - x[here]
        weight[here] += gaussian
        first[here] += gaussian * distance
        second[here] += gaussian * distance**2
        value[here] += gaussian * losses[there]
        product[here] += gaussian * distance * losses[there]
    return np.asarray((second * value - first * product) / (weight * second - first**2))
