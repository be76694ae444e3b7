"""A plain training loop in the style of nanoGPT, and two models for it: nothing of Haybale's.

Written from what is public of nanoGPT (github.com/karpathy/nanoGPT): AdamW with betas 0.9 and 0.95
that decays matrices, a linear warm-up and a cosine to a tenth, gradients clipped to 1, the loss of
one batch at a time. `GPT` is its model. `PlainLlama` is Haybale's architecture, written once more.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

IGNORED = -100


@dataclass(frozen=True)
class Shape:
    """Of a model. `hidden_width` is of the feed-forward layer."""

    vocabulary_size: int
    length: int
    depth: int
    width: int
    heads: int
    hidden_width: int


@dataclass(frozen=True)
class Samples:
    """Samples to train or measure on, int64 [samples, T] each, in their order.

    Attributes:
        inputs: Tokens.
        targets: The next tokens; -100 where there is none to learn.
        positions: From 0 at the start of every sample and document.
    """

    inputs: Tensor
    targets: Tensor
    positions: Tensor

    def batches(self, size: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        parts = (part.split(size) for part in (self.inputs, self.targets, self.positions))
        return zip(*parts, strict=True)


GPT2_STD = 0.02
"""Of first weights, at every width."""


class GPT(nn.Module):
    """GPT-2 as nanoGPT trains it: LayerNorm, learned positions, GELU, no biases, tied readout.

    A sample is one sequence, whatever documents are in it: every token sees all before it.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embedding = nn.Embedding(shape.vocabulary_size, shape.width)
        self.places = nn.Embedding(shape.length, shape.width)
        self.blocks = nn.ModuleList(GPTBlock(shape) for _ in range(shape.depth))
        self.norm = nn.LayerNorm(shape.width, bias=False)
        initialise(self, shape.depth, self.first_std(shape.width))

    def first_std(self, width: int) -> float:
        return GPT2_STD

    def forward(self, inputs: Tensor, positions: Tensor) -> Tensor:
        x = self.embedding(inputs) + self.places.weight[: inputs.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.embedding.weight.T


class GPTSmallStart(GPT):
    """The same, from first weights as small as Haybale's: what is left is the model's."""

    def first_std(self, width: int) -> float:
        return math.sqrt(2 / (5 * width))


class GPTBlock(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.heads = shape.heads
        self.norm_1, self.norm_2 = nn.LayerNorm(width, bias=False), nn.LayerNorm(width, bias=False)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.attention_residual = nn.Linear(width, width, bias=False)
        self.hidden_residual = nn.Linear(4 * width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = split_heads(self.qkv(self.norm_1(x)), self.heads)
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.attention_residual(mixed.transpose(1, 2).reshape(x.shape))
        return x + self.hidden_residual(functional.gelu(self.up(self.norm_2(x))))


class PlainLlama(nn.Module):
    """RMSNorm, rotary positions, SwiGLU, tied readout; a token sees its own document only."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embedding = nn.Embedding(shape.vocabulary_size, shape.width)
        self.blocks = nn.ModuleList(LlamaBlock(shape) for _ in range(shape.depth))
        self.norm = nn.RMSNorm(shape.width, 1e-5)
        initialise(self, shape.depth, GPT2_STD)

    def forward(self, inputs: Tensor, positions: Tensor) -> Tensor:
        documents = (positions == 0).cumsum(1)
        visible = (documents[:, :, None] == documents[:, None, :]).tril()[:, None]
        x = self.embedding(inputs)
        for block in self.blocks:
            x = block(x, positions, visible)
        return self.norm(x) @ self.embedding.weight.T


class LlamaBlock(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width, hidden_width = shape.width, shape.hidden_width
        self.heads = shape.heads
        self.norm_1, self.norm_2 = nn.RMSNorm(width, 1e-5), nn.RMSNorm(width, 1e-5)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.gate = nn.Linear(width, hidden_width, bias=False)
        self.up = nn.Linear(width, hidden_width, bias=False)
        self.attention_residual = nn.Linear(width, width, bias=False)
        self.hidden_residual = nn.Linear(hidden_width, width, bias=False)

    def forward(self, x: Tensor, positions: Tensor, visible: Tensor) -> Tensor:
        q, k, v = split_heads(self.qkv(self.norm_1(x)), self.heads)
        q, k = turned(q, positions), turned(k, positions)
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=visible)
        x = x + self.attention_residual(mixed.transpose(1, 2).reshape(x.shape))
        y = self.norm_2(x)
        return x + self.hidden_residual(functional.silu(self.gate(y)) * self.up(y))


def split_heads(qkv: Tensor, heads: int) -> list[Tensor]:
    """[B, T, 3 width] to three of [B, heads, T, head width]."""
    batch, length, width = qkv.shape
    parts = qkv.split(width // 3, dim=2)
    return [part.view(batch, length, heads, -1).transpose(1, 2) for part in parts]


def turned(x: Tensor, positions: Tensor) -> Tensor:
    """[B, heads, T, head width] with pairs of channels turned by their position's angles."""
    half = x.shape[-1] // 2
    angles = positions[:, None, :, None] * 10_000.0 ** (-torch.arange(half) / half)
    a, b = x[..., :half], x[..., half:]
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


def initialise(model: nn.Module, depth: int, std: float) -> None:
    for name, parameter in model.named_parameters():
        if parameter.ndim > 1:
            smaller = std / math.sqrt(2 * depth) if "residual" in name else std
            nn.init.normal_(parameter, std=smaller)


def learning_rate_at(step: int, num_steps: int, num_warmup_steps: int, peak: float) -> float:
    """nanoGPT's `get_lr`, but for its warm-up, which has one step more than Haybale's."""
    if step < num_warmup_steps:
        return peak * (step + 1) / num_warmup_steps
    progress = (step - num_warmup_steps) / (num_steps - num_warmup_steps)
    return peak * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * progress)))


def train_plainly(
    model: nn.Module, samples: Samples, batch_size: int, num_warmup_steps: int, peak: float
) -> None:
    """One pass over the samples."""
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(
        [
            {"params": [one for one in parameters if one.ndim > 1], "weight_decay": 0.1},
            {"params": [one for one in parameters if one.ndim == 1], "weight_decay": 0.0},
        ],
        lr=peak,
        betas=(0.9, 0.95),
    )
    num_steps = len(samples.inputs) // batch_size
    for step, (inputs, targets, positions) in enumerate(samples.batches(batch_size)):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate_at(step, num_steps, num_warmup_steps, peak)
        logits = model(inputs, positions)
        loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


@torch.no_grad()
def mean_loss(model: nn.Module, samples: Samples, batch_size: int) -> float:
    """Nats per target."""
    total, count = 0.0, 0
    for inputs, targets, positions in samples.batches(batch_size):
        logits = model(inputs, positions).flatten(0, 1)
        total += functional.cross_entropy(logits, targets.flatten(), reduction="sum").item()
        count += int((targets != IGNORED).sum())
    return total / count
