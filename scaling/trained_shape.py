"""A shape for the reference trainer: its own block, of the size and proportions asked for."""

import math
from dataclasses import dataclass

from haybale.scaling.architectures import GOPHER, PUBLISHED, TABLE_A9, nearest_published

_HIDDEN_MULTIPLE = 64
_CLOSE_FRACTION = 0.02
"""Sizes that differ by less are equal: proportions decide."""
_REACH_FRACTION = 0.05
"""How far beyond the smallest or largest shape a size may lie and still be met by it."""


@dataclass(frozen=True)
class TrainedShape:
    """A decoder of `haybale.training.model`: RMSNorm, rotary positions, SwiGLU, tied embedding.

    Attributes:
        depth: Blocks.
        width: Of the residual stream.
        heads: Of attention; each has width / heads channels.
    """

    depth: int
    width: int
    heads: int

    @property
    def hidden_width(self) -> int:
        """8/3 of the width, rounded up to a multiple of 64: the trainer's own choice."""
        return -(-(self.width * 8 // 3) // _HIDDEN_MULTIPLE) * _HIDDEN_MULTIPLE

    def parameters(self, vocabulary_size: int) -> int:
        """V d + L (4 d d + 3 d h + 2 d) + d.

        The embedding; per block four matrices of attention, three of the feed-forward layer and two
        gains; the last gain. Rotary positions have none.
        """
        block = 4 * self.width**2 + 3 * self.width * self.hidden_width + 2 * self.width
        return vocabulary_size * self.width + self.depth * block + self.width


def _widths() -> tuple[int, ...]:
    """Those of table A9, then multiples of 512 up to Gopher's."""
    tabled = sorted({shape.width for shape in TABLE_A9})
    return (*tabled, *range(tabled[-1] + 512, GOPHER.width + 1, 512))


def _heads(width: int) -> int:
    """Of 64 channels up to a width of 1,024 and of 128 above, as in table A9."""
    return width // (64 if width <= 1024 else 128)


def _family() -> tuple[TrainedShape, ...]:
    """All depths that the published shapes span, as are their ratios of width to depth."""
    depths = [shape.depth for shape in PUBLISHED]
    ratios = [shape.width / shape.depth for shape in PUBLISHED]
    return tuple(
        TrainedShape(depth, width, _heads(width))
        for width in _widths()
        for depth in range(min(depths), max(depths) + 1)
        if min(ratios) <= width / depth <= max(ratios)
    )


FAMILY = _family()


def smallest(vocabulary_size: int) -> TrainedShape:
    """The smallest shape of the family."""
    return min(FAMILY, key=lambda shape: shape.parameters(vocabulary_size))


def largest(vocabulary_size: int) -> TrainedShape:
    """The largest shape of the family."""
    return max(FAMILY, key=lambda shape: shape.parameters(vocabulary_size))


def shape_near(num_parameters: float, vocabulary_size: int) -> TrainedShape | None:
    """The shape of nearest size; of those within 2 % the one of the most usual proportions.

    Usual are those of the published shape of that size. None where the size is more than 5 % below
    the smallest shape or above the largest.
    """
    least = smallest(vocabulary_size).parameters(vocabulary_size)
    most = largest(vocabulary_size).parameters(vocabulary_size)
    if not least * (1 - _REACH_FRACTION) <= num_parameters <= most * (1 + _REACH_FRACTION):
        return None
    usual = nearest_published(num_parameters, vocabulary_size)

    def unfit(shape: TrainedShape) -> tuple[float, float]:
        size = abs(math.log(shape.parameters(vocabulary_size) / num_parameters))
        proportions = abs(math.log(shape.width / shape.depth * usual.depth / usual.width))
        return max(size, _CLOSE_FRACTION), proportions

    return min(FAMILY, key=unfit)
