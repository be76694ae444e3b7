"""AdamW and its schedule, as Chinchilla was trained (Hoffmann et al. 2022, arXiv 2203.15556)."""

import math
from dataclasses import dataclass

import torch
from torch import nn

BETAS = (0.9, 0.95)  # Brown et al. 2020 (GPT-3), arXiv 2005.14165, appendix B


@dataclass(frozen=True)
class CosineSchedule:
    """Linear warm-up, then a cosine that ends with the run.

    It is as long as the token budget: one more than 25 % longer clearly costs loss (Hoffmann et al.
    2022, appendix B).

    Attributes:
        peak: Highest learning rate.
        num_steps: Of the whole run.
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
    model: nn.Module, learning_rate: float, weight_decay: float
) -> torch.optim.AdamW:
    """AdamW that decays matrices (the embedding too) and leaves the gains of norms alone."""
    parameters = list(model.parameters())
    matrices = [parameter for parameter in parameters if parameter.ndim > 1]
    gains = [parameter for parameter in parameters if parameter.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": gains, "weight_decay": 0.0},
    ]
    fused = parameters[0].is_cuda
    return torch.optim.AdamW(groups, lr=learning_rate, betas=BETAS, fused=fused)
