"""AdamW and its schedule, as Chinchilla was trained (Hoffmann et al. 2022, arXiv 2203.15556)."""

import math
from dataclasses import dataclass

import torch
from torch import nn

BETAS = (0.9, 0.95)  # Brown et al. 2020 (GPT-3), arXiv 2005.14165, appendix B


@dataclass(frozen=True)
class CosineSchedule:
    """Linear warm-up, then a cosine.

    Attributes:
        peak: Highest learning rate.
        num_steps: Where the cosine ends: with the run, or a little later.
        num_warmup_steps: Of the warm-up.
        final_fraction: Of the peak, after the last step; 0.1 in the paper.
    """

    peak: float
    num_steps: int
    num_warmup_steps: int
    final_fraction: float = 0.1

    def learning_rate(self, step: int) -> float:
        """For the step of this number, the first being 0."""
        if step < self.num_warmup_steps:
            return self.peak * (step + 1) / self.num_warmup_steps
        decaying_steps = max(1, self.num_steps - self.num_warmup_steps)
        progress = min(1.0, (step - self.num_warmup_steps) / decaying_steps)
        final = self.peak * self.final_fraction
        return final + (self.peak - final) * (1 + math.cos(math.pi * progress)) / 2


def build_optimizer(
    model: nn.Module, learning_rate: float, weight_decay: float, width_ratio: float = 1.0
) -> torch.optim.AdamW:
    """AdamW that decays matrices (embeddings too) and leaves the gains of norms alone.

    Args:
        model: Of `Decoder`'s names: what is in `blocks` has both sides as wide as the model.
        learning_rate: Of the first step.
        weight_decay: Per step and learning rate.
        width_ratio: Of the model's width to muP's base width. Adam moves each weight by about the
            learning rate, and a sum over `width` of them by as much more: so these matrices learn
            that much slower (Yang et al. 2022, arXiv 2203.03466, table 8). AdamW multiplies decay
            by the learning rate, and it must not fall with it: theirs is that much larger.
    """
    named = list(model.named_parameters())
    wide = [one for name, one in named if one.ndim > 1 and name.startswith("blocks.")]
    others = [one for name, one in named if one.ndim > 1 and not name.startswith("blocks.")]
    gains = [one for _, one in named if one.ndim <= 1]
    groups = [
        {"params": wide, "weight_decay": weight_decay * width_ratio, "lr_factor": 1 / width_ratio},
        {"params": others, "weight_decay": weight_decay, "lr_factor": 1.0},
        {"params": gains, "weight_decay": 0.0, "lr_factor": 1.0},
    ]
    fused = named[0][1].is_cuda
    optimizer = torch.optim.AdamW(groups, lr=learning_rate, betas=BETAS, fused=fused)
    set_learning_rate(optimizer, learning_rate)
    return optimizer


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """The schedule's learning rate, as each group is to have it."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate * group["lr_factor"]
