"""Published scaling laws: the best model for a budget of compute, and what repeated data is worth.

N is the number of parameters, embedding included, D of training tokens, C of training FLOPs;
C = 6ND throughout (`haybale.scaling.flops.training_flops`).
"""

import math
from dataclasses import dataclass

FITTED_TOKENS = (5e9, 500e9)
"""Training tokens of the runs behind the laws of Hoffmann et al. 2022 (abstract); outside of this
range they extrapolate, though the paper itself sees the frontier bend at high compute."""

REPETITION_DECAY = 15.387756
"""R_D* of Muennighoff et al. 2023 (arXiv 2305.16264, appendix A; 15.39 in its text)."""

MAX_TRIED_EPOCHS = 1500.0
"""The most epochs of any run of Muennighoff et al. 2023."""


@dataclass(frozen=True)
class ComputeFrontier:
    """The models on which compute is best spent: N = k C^a, trained on D = C / 6N tokens.

    Attributes:
        coefficient: k.
        exponent: a, between 0 and 1; tokens grow with the exponent 1 - a.
    """

    coefficient: float
    exponent: float

    @classmethod
    def through(cls, num_parameters: float, flops: float, exponent: float) -> "ComputeFrontier":
        """The frontier of this exponent on which a model of this size takes this many FLOPs."""
        return cls(num_parameters / flops**exponent, exponent)

    def parameters(self, flops: float) -> float:
        """The best model size for so much compute."""
        return float(self.coefficient * flops**self.exponent)

    def tokens(self, flops: float) -> float:
        """The tokens of that model's run."""
        return flops / (6.0 * self.parameters(flops))

    def parameters_for(self, num_tokens: float) -> float:
        """The model size for which so many tokens are the best: N = k (6ND)^a, solved for N."""
        scaled = self.coefficient * (6.0 * num_tokens) ** self.exponent
        return float(scaled ** (1.0 / (1.0 - self.exponent)))

    def tokens_for(self, num_parameters: float) -> float:
        """The tokens for which a model of this size is best: the inverse of `parameters_for`."""
        flops = (num_parameters / self.coefficient) ** (1.0 / self.exponent)
        return float(flops / (6.0 * num_parameters))


@dataclass(frozen=True)
class ParametricLoss:
    """L(N, D) = E + A / N^alpha + B / D^beta, in nats per token (Hoffmann et al. 2022, equation 2).

    Attributes:
        irreducible: E, the entropy of text.
        parameter_scale: A.
        token_scale: B.
        alpha: Exponent of parameters.
        beta: Exponent of tokens.
    """

    irreducible: float
    parameter_scale: float
    token_scale: float
    alpha: float
    beta: float

    def loss(self, num_parameters: float, num_tokens: float) -> float:
        """Of a model of this size after one pass through so many tokens."""
        too_small = self.parameter_scale / num_parameters**self.alpha
        too_little_read = self.token_scale / num_tokens**self.beta
        return float(self.irreducible + too_small + too_little_read)

    @property
    def frontier(self) -> ComputeFrontier:
        """Where the loss is least for C = 6ND: N = G (C / 6)^a (Hoffmann et al. 2022, equation 4).

        With a = beta / (alpha + beta) and G = (alpha A / beta B)^(1 / (alpha + beta)).
        """
        both = self.alpha + self.beta
        exponent = self.beta / both
        ratio = self.alpha * self.parameter_scale / (self.beta * self.token_scale)
        return ComputeFrontier(ratio ** (1.0 / both) / 6.0**exponent, exponent)


GOPHER_FLOPS = 5.76e23
"""The budget at which Hoffmann et al. 2022 compare their approaches."""

HOFFMANN_1 = ComputeFrontier.through(67e9, GOPHER_FLOPS, exponent=0.50)
"""Minima over training curves: approach 1 of Hoffmann et al. 2022 (arXiv 2203.15556).

The exponent is of its table 2. The paper prints no coefficient: the frontier is set to pass
through the size it gives at Gopher's budget, 67 billion. All rows of its table 3 are then met
within 4 %."""

HOFFMANN_2 = ComputeFrontier.through(63e9, GOPHER_FLOPS, exponent=0.49)
"""IsoFLOP profiles: approach 2. Exponent of table 2, through the paper's 63 billion at Gopher's
budget. All rows of its table A3 are then met within 3 %."""

HOFFMANN_3 = ParametricLoss(
    irreducible=math.exp(0.5267228),
    parameter_scale=math.exp(6.0073404),
    token_scale=math.exp(6.0179186),
    alpha=0.33917084,
    beta=0.2849083,
)
"""A loss fitted to all runs: approach 3.

The numbers before rounding, from a comment in the paper's own source: only they give its 40 billion
parameters at Gopher's budget."""

HOFFMANN_3_ROUNDED = ParametricLoss(
    irreducible=1.69, parameter_scale=406.4, token_scale=410.7, alpha=0.34, beta=0.28
)
"""The same as printed (equation 10), often used: gives 32 billion parameters at Gopher's budget."""

BESIROGLU = ParametricLoss(
    irreducible=1.8172, parameter_scale=482.01, token_scale=2085.43, alpha=0.3478, beta=0.3658
)
"""Approach 3 corrected: the same loss, fitted anew by Besiroglu et al. 2024 (arXiv 2404.10102) to
the runs of figure 4 of Hoffmann et al.; they found that the published fit had stopped too early."""


def effective_tokens(
    num_unique_tokens: float, num_tokens: float, decay: float = REPETITION_DECAY
) -> float:
    """How many fresh tokens a run over repeated ones is worth.

    D' = U + U R* (1 - exp(-R / R*)) for U unique tokens that are repeated R = D / U - 1 times
    (Muennighoff et al. 2023, arXiv 2305.16264, section 3.1 and appendix A), fitted to 182 runs
    (section 5). The same formula with a decay of 5.309743 is theirs for parameters beyond those
    that U calls for.

    Args:
        num_unique_tokens: U, above 0.
        num_tokens: D, tokens of the run.
        decay: R*: repetitions after which more are worth little.
    """
    if num_tokens <= num_unique_tokens:
        return float(num_tokens)
    repetitions = num_tokens / num_unique_tokens - 1.0
    return num_unique_tokens * (1.0 - decay * math.expm1(-repetitions / decay))
