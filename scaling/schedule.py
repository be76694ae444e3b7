"""Batch size, learning rate, warm-up and steps for a run."""

import math
from dataclasses import dataclass

from haybale.scaling.budget import Allocation

SEQUENCE_LENGTH = 2048
"""As of Gopher and Chinchilla."""

FINAL_LEARNING_RATE_FRACTION = 0.1
"""The cosine falls tenfold, and ends with the run: one more than 25 % longer clearly costs loss
(Hoffmann et al. 2022, arXiv 2203.15556, appendix B)."""


@dataclass(frozen=True)
class Schedule:
    """How a run goes through its tokens.

    Attributes:
        batch_size: Sequences of `SEQUENCE_LENGTH` tokens in a step; a power of two, so that any
            number of devices divides it.
        num_steps: Of the run, and of the cosine.
        learning_rate: Highest.
        warmup_fraction: Of the steps.
    """

    batch_size: int
    num_steps: int
    learning_rate: float
    warmup_fraction: float

    @property
    def batch_tokens(self) -> int:
        """Tokens of a step."""
        return self.batch_size * SEQUENCE_LENGTH

    @property
    def tokens(self) -> int:
        """Of the run: whole steps."""
        return self.num_steps * self.batch_tokens


def batch_tokens(flops: float) -> float:
    """Tokens of a step: B = 0.2920 C^0.3271.

    Bi et al. 2024 (DeepSeek LLM, arXiv 2401.02954, equation 1) swept batch and learning rate on
    models of the trainer's block at 1e17 to 2e19 FLOPs. Their C counts attention and leaves out the
    embedding; the exponents make that of 6ND a few per cent. The optimum is broad. They trained 67
    billion parameters at 3.2e-4 with 19 million tokens to a step; Chinchilla had 1e-4, and 1.5 to 3
    million (table 4).
    """
    return 0.2920 * float(flops**0.3271)


def peak_learning_rate(flops: float) -> float:
    """0.3118 C^-0.1250, to two digits; see `batch_tokens`."""
    return two_digits(0.3118 * flops**-0.1250)


def schedule_for(allocation: Allocation) -> Schedule:
    """Batch and learning rate by compute, warm-up by size.

    Warm-up over as many tokens as there are parameters: Porian et al. 2024, arXiv 2406.19146.
    """
    flops = allocation.flops
    batch_size = 2 ** max(0, round(math.log2(batch_tokens(flops) / SEQUENCE_LENGTH)))
    return Schedule(
        batch_size=batch_size,
        num_steps=max(1, round(allocation.tokens / (batch_size * SEQUENCE_LENGTH))),
        learning_rate=peak_learning_rate(flops),
        warmup_fraction=two_digits(min(1.0, 1.0 / allocation.tokens_per_parameter)),
    )


def two_digits(value: float) -> float:
    """More than the formulas can give."""
    return float(f"{value:.2g}")
