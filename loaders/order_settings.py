"""What the order of every source's samples depends on."""

from dataclasses import dataclass
from typing import Literal

from haybale.corpus.errors import RecipeError
from haybale.loaders.order.block_order import BlockOrder
from haybale.loaders.order.source_order import FullOrder, SequentialOrder, SourceOrder
from haybale.loaders.samples.stretches import Layout
from haybale.loaders.whole_numbers import whole

Shuffle = Literal["full", "block"]

BLOCK_TOKENS = 1 << 25
WINDOW_BLOCKS = 8


@dataclass(frozen=True)
class OrderSettings:
    """What the order of every source's samples depends on.

    Attributes:
        shuffle: "full", "block", or None for the corpus's order.
        seed: Of the shuffle.
        block_tokens: Of a block, about; for "block".
        window_blocks: Blocks whose samples are mixed; for "block".
    """

    shuffle: Shuffle | None
    seed: int
    block_tokens: int
    window_blocks: int

    def order(self, source: str, layout: Layout) -> SourceOrder:
        """The order of a source."""
        if self.shuffle is None:
            return SequentialOrder(layout.num_samples)
        if self.shuffle == "full":
            return FullOrder(layout.num_samples, self.seed, source)
        bounds = layout.block_bounds(self.block_tokens)
        return BlockOrder(bounds, self.window_blocks, self.seed, source)


def resolve_order(
    shuffle: str | None,
    seed: int,
    block_tokens: int | None,
    window_blocks: int | None,
    *,
    remote: bool,
) -> OrderSettings:
    """The settings of a dataset, from what a user gives; see `TokenDataset`.

    Args:
        shuffle: "auto" is "block" where shards are remote, and "full" elsewhere.
        seed: Of the shuffle.
        block_tokens: None for `BLOCK_TOKENS`.
        window_blocks: None for `WINDOW_BLOCKS`.
        remote: Whether shards are.

    Raises:
        RecipeError: If one cannot be right, or has no effect.
    """
    if shuffle == "auto":
        shuffle = "block" if remote else "full"
    if shuffle not in ("full", "block", None):
        raise RecipeError(f"shuffle: expected 'auto', 'full', 'block' or None, found {shuffle!r}")
    blocks = []
    for name, value, default in (
        ("block_tokens", block_tokens, BLOCK_TOKENS),
        ("window_blocks", window_blocks, WINDOW_BLOCKS),
    ):
        if value is not None and shuffle != "block":
            raise RecipeError(f"{name}: has an effect with shuffle='block' only; it is {shuffle!r}")
        blocks.append(default if value is None else whole(name, value, 1))
    kind: Shuffle | None = "full" if shuffle == "full" else "block" if shuffle else None
    return OrderSettings(kind, whole("seed", seed), *blocks)
