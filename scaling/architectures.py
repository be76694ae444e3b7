"""The family of models behind the laws: shapes and parameter counts of Hoffmann et al. 2022."""

import math
from dataclasses import dataclass

VOCABULARY_SIZE = 32_000
"""Of the paper's tokenizer; parameter counts of table A9 include its embedding."""


@dataclass(frozen=True)
class Architecture:
    """A decoder as the paper built them: two matrices to a feed-forward layer, tied embedding.

    Attributes:
        width: d, of the residual stream.
        hidden_width: f, of the feed-forward layer.
        head_width: Of a key or value.
        heads: Of attention; heads x head_width is not always the width.
        depth: L, layers.
    """

    width: int
    hidden_width: int
    head_width: int
    heads: int
    depth: int

    def parameters(self, vocabulary_size: int = VOCABULARY_SIZE) -> int:
        """V d + L (5 d k + 2 d f), with k = heads x head_width.

        The fifth matrix of attention projects relative positions. Biases and gains, about 13 d a
        layer, are left out: within 1 % of all 50 rows of table A9.
        """
        attention = 5 * self.width * self.heads * self.head_width
        feed_forward = 2 * self.width * self.hidden_width
        return vocabulary_size * self.width + self.depth * (attention + feed_forward)


# Table A9: width, head width, heads, and the depths trained at that width. All have feed-forward
# layers of four widths.
_TABLE_A9 = (
    (512, 64, 8, (8,)),
    (576, 64, 9, (9,)),
    (640, 64, 10, (10, 13, 16)),
    (768, 64, 12, (12, 15, 18)),
    (896, 64, 14, (14, 16, 18)),
    (1024, 64, 16, (16, 18, 20)),
    (1280, 128, 10, (18, 21, 24)),
    (1408, 128, 11, (18, 21, 24)),
    (1536, 128, 12, (19, 22, 25)),
    (1792, 128, 14, (20, 23, 26)),
    (2048, 128, 16, (22, 25, 28)),
    (2176, 128, 17, (22, 25, 28)),
    (2304, 128, 18, (24, 28, 32)),
    (2560, 128, 20, (26, 30, 34)),
    (2688, 128, 22, (36,)),
    (2816, 128, 22, (36,)),
    (2944, 128, 22, (36,)),
    (3072, 128, 24, (36,)),
    (3584, 128, 28, (40,)),
    (4096, 128, 32, (42,)),
    (4352, 128, 32, (47,)),
    (4608, 128, 36, (44,)),
    (4608, 128, 32, (47,)),
    (4864, 128, 32, (47,)),
    (4992, 128, 32, (49,)),
    (5120, 128, 40, (47,)),
)
TABLE_A9 = tuple(
    Architecture(width, 4 * width, head_width, heads, depth)
    for width, head_width, heads, depths in _TABLE_A9
    for depth in depths
)
CHINCHILLA = Architecture(8192, 4 * 8192, 128, 64, 80)
"""Table 4."""
GOPHER = Architecture(16_384, 4 * 16_384, 128, 128, 80)
"""Table 4."""
PUBLISHED = (*TABLE_A9, CHINCHILLA, GOPHER)


def nearest_published(
    num_parameters: float, vocabulary_size: int = VOCABULARY_SIZE
) -> Architecture:
    """The published shape whose size is nearest, by ratio."""
    return min(
        PUBLISHED,
        key=lambda shape: abs(math.log(shape.parameters(vocabulary_size) / num_parameters)),
    )
