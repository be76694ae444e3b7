"""The law before Chinchilla's, for comparison.

Kaplan et al. 2020 (arXiv 2001.08361). Its N leaves embeddings out, and its learning rates were not
brought down at the end of each run it compares, which is why it asks for models that are too large.
"""

from dataclasses import dataclass

from haybale.scaling.laws import ComputeFrontier

KAPLAN = ComputeFrontier.through(4.68e9, 1e21, exponent=0.73)
"""Exponents 0.73 of parameters and 0.27 of tokens (Kaplan et al., section 6), through the 4.68
billion parameters that Hoffmann et al. 2022 (arXiv 2203.15556, appendix D) take it to give for
1e21 FLOPs, where they trained such a model against their own."""


@dataclass(frozen=True)
class KaplanLoss:
    """L(N, D) = ((N_c / N)^(alpha_N / alpha_D) + D_c / D)^alpha_D: equation 1.5.

    Attributes:
        parameter_scale: N_c.
        token_scale: D_c.
        alpha: alpha_N.
        beta: alpha_D.
    """

    parameter_scale: float
    token_scale: float
    alpha: float
    beta: float

    def loss(self, num_parameters: float, num_tokens: float) -> float:
        """In nats per token of a model trained to its best on so many tokens.

        Args:
            num_parameters: N, embedding not included.
            num_tokens: D.
        """
        too_small = (self.parameter_scale / num_parameters) ** (self.alpha / self.beta)
        return float((too_small + self.token_scale / num_tokens) ** self.beta)


KAPLAN_LOSS = KaplanLoss(parameter_scale=6.4e13, token_scale=1.8e13, alpha=0.076, beta=0.103)
"""Table 2 of Kaplan et al. 2020. Of their WebText2 and vocabulary: only differences compare."""
