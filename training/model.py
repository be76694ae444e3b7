"""A dense decoder: RMSNorm, rotary positions, SwiGLU.

The block of LLaMA (Touvron et al. 2023, arXiv 2302.13971, section 2.2). Attention keeps to the
document: a token sees the tokens before it in its own document and nothing else.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention.varlen import varlen_attn

from haybale.corpus.errors import RecipeError
from haybale.loaders.samples.widen import IGNORED_LABEL

MODEL_FIELDS = ("input_ids", "position_ids", "cu_seqlens", "labels")
"""What the model takes of a batch."""

NORM_EPSILON = 1e-5  # as LLaMA has it
ROTARY_BASE = 10_000.0  # Su et al. 2021, arXiv 2104.09864, section 3.2.2
_WIDTH_MULTIPLE = 64
_MUP_LOGIT_SCALE = 8.0  # then 8 / 64 = 1 / sqrt(64): nothing changes for heads of 64 channels


@dataclass(frozen=True)
class ModelSettings:
    """Shape of the decoder.

    Attributes:
        depth: Blocks.
        width: Of the residual stream; a multiple of twice the heads.
        heads: Of attention.
        hidden_width: Of the feed-forward layer; by default 8/3 of the width (Shazeer 2020, arXiv
            2002.05202: three matrices for the price of two), rounded up to a multiple of 64.
        tie_embeddings: Whether the embedding is the readout too.
        base_width: With it, initialisation, learning rates and multipliers follow the width as muP
            has it (Yang et al. 2022, arXiv 2203.03466, table 8): what was tuned at this width is
            right at every other. By default they do not.
    """

    depth: int
    width: int
    heads: int
    hidden_width: int | None = None
    tie_embeddings: bool = True
    base_width: int | None = None

    def __post_init__(self) -> None:
        if min(self.depth, self.width, self.heads) < 1 or (self.hidden_width or 1) < 1:
            raise RecipeError("depth, width, heads and hidden_width: expected at least 1")
        if self.base_width is not None and self.base_width < 1:
            raise RecipeError(f"base_width: expected at least 1, found {self.base_width}")
        if self.width % (2 * self.heads):
            raise RecipeError(
                f"width: expected a multiple of {2 * self.heads} (twice the heads), "
                f"found {self.width}"
            )

    @property
    def head_width(self) -> int:
        """Channels of a head."""
        return self.width // self.heads

    @property
    def feed_forward_width(self) -> int:
        """`hidden_width`, or what it is by default."""
        return self.hidden_width or _round_up(self.width * 8 // 3)

    @property
    def width_ratio(self) -> float:
        """Of the width to the base width; 1 without muP."""
        return self.width / (self.base_width or self.width)

    @property
    def first_std(self) -> float:
        """Deviation of the first embedding: sqrt(2 / (5 width)), of the base width with muP.

        Nguyen and Salazar 2019 (arXiv 1910.05895, "small" initialisation): Glorot's for a matrix
        four times as long as it is wide. At a width of 1,024 it is GPT-2's 0.02.
        """
        return math.sqrt(2 / (5 * (self.base_width or self.width)))

    @property
    def logit_scale(self) -> float:
        """What scores of attention are multiplied by: with muP 8 / head_width."""
        return _MUP_LOGIT_SCALE / self.head_width if self.base_width else self.head_width**-0.5


class Places(NamedTuple):
    """Where the tokens of a batch stand.

    Attributes:
        rotation: See `rotary_angles`.
        cu_seqlens: See `Decoder.logits`.
        visible: See `document_mask`; None where attention needs none.
    """

    rotation: tuple[Tensor, Tensor]
    cu_seqlens: Tensor
    visible: Tensor | None


class Decoder(nn.Module):
    """A causal language model.

    Args:
        settings: Its shape.
        vocabulary_size: Of the corpus's tokenizer.
    """

    def __init__(self, settings: ModelSettings, vocabulary_size: int) -> None:
        super().__init__()
        self.settings, self.vocabulary_size = settings, vocabulary_size
        self.embedding = nn.Embedding(vocabulary_size, settings.width)
        self.blocks = nn.ModuleList(Block(settings) for _ in range(settings.depth))
        self.norm = nn.RMSNorm(settings.width, NORM_EPSILON)
        self.readout: nn.Linear | None = None
        if not settings.tie_embeddings:
            self.readout = nn.Linear(settings.width, vocabulary_size, bias=False)
        self._initialise()

    def _initialise(self) -> None:
        """Normal weights; what is added to the residual stream shrinks with its 2 depth summands.

        Radford et al. 2019 (GPT-2), section 2.3. With muP the variance of a block's matrices falls
        with the width, and that of embedding and readout does not.
        """
        for name, parameter in self.named_parameters():
            if parameter.ndim > 1:
                std = self.settings.first_std
                if name.startswith("blocks."):
                    std /= self.settings.width_ratio**0.5
                if name.endswith(("attention_out.weight", "down.weight")):
                    std /= (2 * self.settings.depth) ** 0.5
                nn.init.normal_(parameter, std=std)

    @property
    def num_parameters(self) -> int:
        """All parameters, the embedding included, as Hoffmann et al. 2022 (appendix F) count."""
        return sum(parameter.numel() for parameter in self.parameters())

    @property
    def num_multiplied(self) -> int:
        """Parameters that each token is multiplied by: matrices, and of embeddings the readout."""
        matrices = sum(parameter.numel() for parameter in self.parameters() if parameter.ndim > 1)
        return matrices - (0 if self.readout is None else self.embedding.weight.numel())

    def logits(self, input_ids: Tensor, position_ids: Tensor, cu_seqlens: Tensor) -> Tensor:
        """Scores of the next token.

        Args:
            input_ids: int64 [B, T].
            position_ids: int32 [B, T]: places within their documents.
            cu_seqlens: int32 [...]: where documents begin in the flattened batch, then at least
                once B T.

        Returns:
            [B, T, vocabulary].
        """
        head_width = self.settings.head_width
        in_half = input_ids.is_cuda and torch.is_autocast_enabled("cuda")
        has_kernel = in_half and head_width % 8 == 0
        visible = None if has_kernel else document_mask(cu_seqlens, *input_ids.shape)
        places = Places(rotary_angles(position_ids, head_width), cu_seqlens, visible)
        hidden: Tensor = self.embedding(input_ids)
        for block in self.blocks:
            hidden = block(hidden, places)
        # Not of the logits: there are far more of them.
        hidden = self.norm(hidden) / self.settings.width_ratio
        matrix = self.embedding.weight if self.readout is None else self.readout.weight
        return functional.linear(hidden, matrix)

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
        width, hidden_width = settings.width, settings.feed_forward_width
        self.heads, self.logit_scale = settings.heads, settings.logit_scale
        self.attention_norm = nn.RMSNorm(width, NORM_EPSILON)
        self.attention_in = nn.Linear(width, 3 * width, bias=False)
        self.attention_out = nn.Linear(width, width, bias=False)
        self.feed_forward_norm = nn.RMSNorm(width, NORM_EPSILON)
        self.gate_and_up = nn.Linear(width, 2 * hidden_width, bias=False)
        self.down = nn.Linear(hidden_width, width, bias=False)

    def forward(self, hidden: Tensor, places: Places) -> Tensor:
        """[B, T, width] to [B, T, width]."""
        hidden = hidden + self._attend(self.attention_norm(hidden), places)
        gate, up = self.gate_and_up(self.feed_forward_norm(hidden)).chunk(2, dim=-1)
        fed: Tensor = self.down(functional.silu(gate) * up)
        return hidden + fed

    def _attend(self, hidden: Tensor, places: Places) -> Tensor:
        batch, length, _ = hidden.shape
        projected = self.attention_in(hidden).view(batch, length, 3, self.heads, -1)
        query, key, value = projected.unbind(2)
        query, key = rotate(query, places.rotation), rotate(key, places.rotation)
        mixed = attention(query, key, value, places, self.logit_scale)
        attended: Tensor = self.attention_out(mixed.reshape(hidden.shape))
        return attended


def attention(query: Tensor, key: Tensor, value: Tensor, places: Places, scale: float) -> Tensor:
    """Causal attention within documents.

    Where there is no mask, by FlashAttention for variable lengths (Dao 2023, arXiv 2307.08691):
    for half precision on NVIDIA's cards since Ampere.

    Args:
        query: [B, T, heads, head_width]; likewise key and value.
        key: What is compared.
        value: What is mixed.
        places: Of the tokens.
        scale: Of the scores.

    Returns:
        [B, T, heads, head_width].
    """
    batch, length = query.shape[:2]
    if places.visible is None:
        # One sequence of all tokens, whose documents are as long as a sample at most.
        query, key, value = (part.flatten(0, 1) for part in (query, key, value))
        bounds = places.cu_seqlens
        mixed = varlen_attn(
            query, key, value, bounds, bounds, length, length, scale=scale, window_size=(-1, 0)
        )
        assert isinstance(mixed, Tensor)
        return mixed.view(batch, length, *mixed.shape[1:])
    query, key, value = (part.transpose(1, 2) for part in (query, key, value))
    mixed = functional.scaled_dot_product_attention(
        query, key, value, attn_mask=places.visible, scale=scale
    )
    return mixed.transpose(1, 2)


def document_mask(cu_seqlens: Tensor, batch_size: int, length: int) -> Tensor:
    """Bool [B, 1, T, T]: whether the row's token sees the column's."""
    flat = torch.arange(batch_size * length, dtype=cu_seqlens.dtype, device=cu_seqlens.device)
    document = torch.searchsorted(cu_seqlens, flat, right=True).view(batch_size, length)
    same = document[:, :, None] == document[:, None, :]
    return same.tril().unsqueeze(1)


def rotary_angles(position_ids: Tensor, head_width: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine, float32 [B, T, 1, head_width / 2], of each position and frequency."""
    powers = torch.arange(0, head_width, 2, device=position_ids.device) / head_width
    angles = position_ids.float()[:, :, None, None] * ROTARY_BASE**-powers
    return angles.cos(), angles.sin()


def rotate(vectors: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """[B, T, heads, head_width] with each pair of halves turned by its position's angle."""
    cosine, sine = rotation
    first, second = vectors.float().chunk(2, dim=-1)
    turned = torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)
    return turned.to(vectors.dtype)


def _round_up(width: int) -> int:
    return -(-width // _WIDTH_MULTIPLE) * _WIDTH_MULTIPLE
