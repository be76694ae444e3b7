"""A small dense decoder: RMSNorm, rotary positions, SwiGLU, tied embeddings.

The block of LLaMA (Touvron et al. 2023, arXiv 2302.13971, section 2.2). Attention keeps to the
document: a token sees the tokens before it in its own document and nothing else.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from haybale.corpus.errors import RecipeError
from haybale.loaders.samples.widen import IGNORED_LABEL

MODEL_FIELDS = ("input_ids", "position_ids", "cu_seqlens", "labels")
"""What the model takes of a batch."""

INIT_STD = 0.02
ROTARY_BASE = 10_000.0  # Su et al. 2021, arXiv 2104.09864, section 3.2.2
_WIDTH_MULTIPLE = 64


@dataclass(frozen=True)
class ModelSettings:
    """Shape of the decoder.

    Attributes:
        depth: Blocks.
        width: Of the residual stream; a multiple of twice the heads.
        heads: Of attention.
        hidden_width: Of the feed-forward layer; by default 8/3 of the width (Shazeer 2020, arXiv
            2002.05202: three matrices for the price of two), rounded up to a multiple of 64.
    """

    depth: int
    width: int
    heads: int
    hidden_width: int | None = None

    def __post_init__(self) -> None:
        if min(self.depth, self.width, self.heads) < 1 or (self.hidden_width or 1) < 1:
            raise RecipeError("depth, width, heads and hidden_width: expected at least 1")
        if self.width % (2 * self.heads):
            raise RecipeError(
                f"width: expected a multiple of {2 * self.heads} (twice the heads), "
                f"found {self.width}"
            )


class Decoder(nn.Module):
    """A causal language model.

    Args:
        settings: Its shape.
        vocabulary_size: Of the corpus's tokenizer.
    """

    def __init__(self, settings: ModelSettings, vocabulary_size: int) -> None:
        super().__init__()
        self.heads = settings.heads
        self.head_width = settings.width // settings.heads
        self.embedding = nn.Embedding(vocabulary_size, settings.width)
        self.blocks = nn.ModuleList(Block(settings) for _ in range(settings.depth))
        self.norm = nn.RMSNorm(settings.width)
        self._initialise(settings.depth)

    def _initialise(self, depth: int) -> None:
        """Normal weights; what is added to the residual stream shrinks with its 2 depth summands.

        Radford et al. 2019 (GPT-2), section 2.3.
        """
        for name, parameter in self.named_parameters():
            if parameter.ndim > 1:
                is_residual = name.endswith(("attention_out.weight", "down.weight"))
                std = INIT_STD / (2 * depth) ** 0.5 if is_residual else INIT_STD
                nn.init.normal_(parameter, std=std)

    @property
    def num_parameters(self) -> int:
        """All parameters, the embedding included, as Hoffmann et al. 2022 (appendix F) count."""
        return sum(parameter.numel() for parameter in self.parameters())

    def logits(self, input_ids: Tensor, position_ids: Tensor, cu_seqlens: Tensor) -> Tensor:
        """Scores of the next token.

        Args:
            input_ids: int64 [B, T].
            position_ids: int32 [B, T]: places within their documents.
            cu_seqlens: int32 [B T + 1]: where documents begin in the flattened batch.

        Returns:
            [B, T, vocabulary].
        """
        rotation = rotary_angles(position_ids, self.head_width)
        visible = document_mask(cu_seqlens, *input_ids.shape)
        hidden: Tensor = self.embedding(input_ids)
        for block in self.blocks:
            hidden = block(hidden, rotation, visible)
        return functional.linear(self.norm(hidden), self.embedding.weight)

    def forward(
        self, input_ids: Tensor, position_ids: Tensor, cu_seqlens: Tensor, labels: Tensor
    ) -> Tensor:
        """Mean cross-entropy, in nats, of the labels int64 [B, T] that are not -100; else 0."""
        logits = self.logits(input_ids, position_ids, cu_seqlens).float().flatten(0, 1)
        total = functional.cross_entropy(logits, labels.flatten(), reduction="sum")
        return total / (labels != IGNORED_LABEL).sum().clamp(min=1)


class Block(nn.Module):
    """Attention and a feed-forward layer, each added to the residual stream."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        width = settings.width
        hidden_width = settings.hidden_width or _round_up(width * 8 // 3)
        self.heads = settings.heads
        self.attention_norm = nn.RMSNorm(width)
        self.attention_in = nn.Linear(width, 3 * width, bias=False)
        self.attention_out = nn.Linear(width, width, bias=False)
        self.feed_forward_norm = nn.RMSNorm(width)
        self.gate_and_up = nn.Linear(width, 2 * hidden_width, bias=False)
        self.down = nn.Linear(hidden_width, width, bias=False)

    def forward(self, hidden: Tensor, rotation: tuple[Tensor, Tensor], visible: Tensor) -> Tensor:
        """[B, T, width] to [B, T, width]."""
        hidden = hidden + self._attend(self.attention_norm(hidden), rotation, visible)
        gate, up = self.gate_and_up(self.feed_forward_norm(hidden)).chunk(2, dim=-1)
        fed: Tensor = self.down(functional.silu(gate) * up)
        return hidden + fed

    def _attend(self, hidden: Tensor, rotation: tuple[Tensor, Tensor], visible: Tensor) -> Tensor:
        batch, length, width = hidden.shape
        projected = self.attention_in(hidden).view(batch, length, 3, self.heads, -1)
        query, key, value = (part.transpose(1, 2) for part in projected.unbind(2))
        mixed = functional.scaled_dot_product_attention(
            rotate(query, rotation), rotate(key, rotation), value, attn_mask=visible
        )
        attended: Tensor = self.attention_out(mixed.transpose(1, 2).reshape(batch, length, width))
        return attended


def document_mask(cu_seqlens: Tensor, batch_size: int, length: int) -> Tensor:
    """Bool [B, 1, T, T]: whether the row's token sees the column's."""
    flat = torch.arange(batch_size * length, dtype=cu_seqlens.dtype, device=cu_seqlens.device)
    document = torch.searchsorted(cu_seqlens, flat, right=True).view(batch_size, length)
    same = document[:, :, None] == document[:, None, :]
    return same.tril().unsqueeze(1)


def rotary_angles(position_ids: Tensor, head_width: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine, float32 [B, 1, T, head_width / 2], of each position and frequency."""
    powers = torch.arange(0, head_width, 2, device=position_ids.device) / head_width
    angles = position_ids.float()[:, None, :, None] * ROTARY_BASE**-powers
    return angles.cos(), angles.sin()


def rotate(vectors: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """[B, heads, T, head_width] with each pair of halves turned by its position's angle."""
    cosine, sine = rotation
    first, second = vectors.float().chunk(2, dim=-1)
    turned = torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)
    return turned.to(vectors.dtype)


def _round_up(width: int) -> int:
    return -(-width // _WIDTH_MULTIPLE) * _WIDTH_MULTIPLE
