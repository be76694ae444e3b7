"""From sampled pieces to whole subsets: the ratio estimator of stratified cluster sampling.

A subset of B input bytes is a stratum, a piece a cluster of b_i input bytes in which y_i of
something is found (documents, tokens, core-seconds). Cochran 1977, Sampling Techniques, sections
6.2 and 9A.1: with R = sum(y) / sum(b) the total is R B, and its standard error

    B / mean(b) * sqrt((1 - f) / n * sum((y_i - R b_i)^2) / (n - 1)),   f = sum(b) / B

The interval is that many standard errors to both sides as Student's t with n - 1 degrees of freedom
has for CONFIDENCE. A subset that was read whole has no error; of one that gave a single piece and
was not read whole nothing is known, and its interval reaches from what was found to twice the
estimate.
"""

import math
from collections.abc import Sequence

from haybale.pipeline.estimate.quantities import Quantity

CONFIDENCE = 0.9
"""Of intervals: nine of ten hold the truth, where pieces are many and alike."""

NORMAL = 1.6449
"""Standard errors of a normal distribution to each side that hold CONFIDENCE of it."""
_STUDENTS_T = (
    *(6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812),
    *(1.796, 1.782, 1.771, 1.761, 1.753, 1.746, 1.740, 1.734, 1.729, 1.725),
)


def students_t(num_free: int) -> float:
    """The same of Student's t: a table up to 20 degrees of freedom, then Cornish and Fisher's."""
    if num_free <= len(_STUDENTS_T):
        return _STUDENTS_T[num_free - 1]
    return NORMAL + (NORMAL**3 + NORMAL) / (4 * num_free)


def ratio_total(sizes: Sequence[float], values: Sequence[float], size: float) -> Quantity:
    """The total of a stratum from its sampled clusters.

    Args:
        sizes: Input bytes of each sampled piece.
        values: What was found in each; at least 0.
        size: Input bytes of the whole subset.

    Returns:
        Estimate and interval; an interval never leaves out what was found, nor goes below it.
    """
    sampled, found, count = sum(sizes), sum(values), len(sizes)
    if sampled == 0 or size <= sampled:
        return Quantity.exact(found, "measured")
    ratio = found / sampled
    estimate = ratio * size
    if count == 1:
        return Quantity(estimate, found, 2 * estimate)
    squares = sum((y - ratio * b) ** 2 for b, y in zip(sizes, values, strict=True))
    spread = math.sqrt((1 - sampled / size) / count * squares / (count - 1))
    error = size / (sampled / count) * spread
    margin = students_t(count - 1) * error
    return Quantity(estimate, max(found, estimate - margin), estimate + margin)
