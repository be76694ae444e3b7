"""Shapes for a sweep: the planner's family, and below it models small enough for a CPU."""

import math

from haybale.scaling.trained_shape import FAMILY, TrainedShape

_WIDTHS = (8, 16, 24, 32, 48, 64, 96, 128, 160, 192, 256, 320, 384, 448)
_HEAD_WIDTH = 32
"""Or the width, where that is less. Models this narrow would have one head of the 64 channels of
larger ones."""
_MOST_DEPTH = 16
_USUAL_RATIO = 64.0
"""Of width to depth: 512 to 8 in the smallest shape of table A9 of Hoffmann et al. 2022 (arXiv
2203.15556)."""
_RATIOS = (8.0, 128.0)
_CLOSE_FRACTION = 0.05
"""Sizes that differ by less are equal: proportions decide."""

SMALL = tuple(
    TrainedShape(depth, width, max(1, width // _HEAD_WIDTH))
    for width in _WIDTHS
    for depth in range(1, _MOST_DEPTH + 1)
    if _RATIOS[0] <= width / depth <= _RATIOS[1]
)
"""Narrower than the family's narrowest."""


def smallest_parameters(vocabulary_size: int) -> int:
    """Of the smallest model, its embedding included."""
    return min(shape.parameters(vocabulary_size) for shape in SMALL)


def swept_shape(num_parameters: float, vocabulary_size: int) -> TrainedShape:
    """The shape of nearest size; of those within 5 % the one of the most usual proportions."""

    def unfit(shape: TrainedShape) -> tuple[float, float]:
        size = abs(math.log(shape.parameters(vocabulary_size) / num_parameters))
        proportions = abs(math.log(shape.width / shape.depth / _USUAL_RATIO))
        return max(size, _CLOSE_FRACTION), proportions

    return min((*SMALL, *FAMILY), key=unfit)
