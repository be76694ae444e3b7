"""Shapes for a sweep: the planner's family, and below it models small enough for a CPU."""

import math

from haybale.scaling.trained_shape import FAMILY, TrainedShape

_HEAD_WIDTH = 32
"""Or the width, where that is less. Models this narrow would have one head of the 64 channels of
larger ones."""
_USUAL_RATIO = 64.0
"""Of width to depth: 512 to 8 in the smallest shape of table A9 of Hoffmann et al. 2022 (arXiv
2203.15556)."""
_CLOSE_FRACTION = 0.15
"""Sizes that differ by less are equal: proportions decide."""

_LADDER = (
    *((8, 1), (16, 1), (24, 1), (32, 1), (40, 1), (48, 1), (56, 1), (64, 1), (80, 1), (96, 1)),
    *((96, 2), (128, 2), (160, 2), (160, 3), (192, 3), (224, 3), (224, 4), (256, 4)),
    *((320, 4), (320, 5), (384, 5), (384, 6), (448, 6), (448, 7)),
)
"""Width and depth about the usual ratio. Neither ever falls from a size to the next: a depth that
jumps between neighbours would show in their losses."""

SMALL = tuple(TrainedShape(depth, width, max(1, width // _HEAD_WIDTH)) for width, depth in _LADDER)
"""Narrower than the family's narrowest."""


def smallest_parameters(vocabulary_size: int) -> int:
    """Of the smallest model, its embedding included."""
    return min(shape.parameters(vocabulary_size) for shape in SMALL)


def swept_shape(num_parameters: float, vocabulary_size: int) -> TrainedShape:
    """The shape of nearest size; of those within 15 % the one of the most usual proportions."""

    def unfit(shape: TrainedShape) -> tuple[float, float]:
        size = abs(math.log(shape.parameters(vocabulary_size) / num_parameters))
        proportions = abs(math.log(shape.width / shape.depth / _USUAL_RATIO))
        return max(size, _CLOSE_FRACTION), proportions

    return min((*SMALL, *FAMILY), key=unfit)
