"""The loss where tokens are repeated: the data-constrained law.

Muennighoff et al. 2023 (arXiv 2305.16264), section 3.1 and appendix A.
"""

import math
from dataclasses import dataclass

from haybale.scaling.laws import REPETITION_DECAY, ParametricLoss, effective_tokens

EXCESS_PARAMETER_DECAY = 5.309743
"""R_N* of Muennighoff et al. 2023, appendix A (5.31 in its text)."""


@dataclass(frozen=True)
class DataConstrainedLoss:
    """A parametric loss whose tokens wear off as they repeat, and whose parameters beyond need do.

    Attributes:
        once: The loss of tokens read once.
        token_decay: R_D*: repetitions after which more are worth little.
        parameter_decay: R_N*, the same of parameters beyond those that the unique tokens call for.
    """

    once: ParametricLoss
    token_decay: float = REPETITION_DECAY
    parameter_decay: float = EXCESS_PARAMETER_DECAY

    def loss(self, num_parameters: float, num_tokens: float, num_unique_tokens: float) -> float:
        """In nats per token.

        Args:
            num_parameters: N.
            num_tokens: D of the run.
            num_unique_tokens: U_D, of which the run repeats what it lacks.
        """
        unique = min(num_unique_tokens, num_tokens)
        return self.loss_of_mixture(
            num_parameters, unique, effective_tokens(unique, num_tokens, self.token_decay)
        )

    def loss_of_mixture(
        self, num_parameters: float, num_unique_tokens: float, num_effective_tokens: float
    ) -> float:
        """In nats per token, where each part of the data repeats as often as it must.

        The paper has one pool of data. Here unique and effective tokens are sums over parts; of a
        single part it is the paper's law.

        Args:
            num_parameters: N.
            num_unique_tokens: U_D, that the run reads at least once.
            num_effective_tokens: D', what all that it reads is worth in fresh tokens.
        """
        called_for = self.once.frontier.parameters_for(num_unique_tokens)
        parameters = effective_tokens(called_for, num_parameters, self.parameter_decay)
        return self.once.loss(parameters, num_effective_tokens)


MUENNIGHOFF = DataConstrainedLoss(
    ParametricLoss(
        irreducible=math.exp(0.6254804),
        parameter_scale=math.exp(6.255414),
        token_scale=math.exp(7.3049974),
        alpha=0.3526596,
        beta=0.3526596,
    )
)
"""Fitted to C4: `once` to runs of one epoch with alpha and beta held equal, the decays to 182
runs with repeats. Unrounded, from the authors' notebook (huggingface/datablations). Their absolute
losses are not meant to match another corpus or vocabulary."""
