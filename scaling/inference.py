"""A model that will be served a lot: smaller, trained for longer, as good, and cheaper in all."""

import math
from dataclasses import dataclass

from haybale.scaling.budget import Allocation
from haybale.scaling.laws import ParametricLoss

_HALVINGS = 200


@dataclass(frozen=True)
class Lifetime:
    """Training and serving of one model.

    Attributes:
        allocation: The model and its training tokens.
        inference_tokens: T, read and written over its life.
    """

    allocation: Allocation
    inference_tokens: float

    @property
    def flops(self) -> float:
        """6ND + 2NT: serving is a forward pass, a third of a training step."""
        return self.allocation.flops + 2.0 * self.allocation.params * self.inference_tokens


def cheapest_over_life(
    law: ParametricLoss, optimum: Allocation, inference_tokens: float
) -> Allocation:
    """The model as good as a compute-optimal one that costs least to train and then serve.

    It minimises 6ND + 2NT where L(N, D) is the optimum's loss (Sardana et al. 2024, arXiv
    2401.00448, equation 3). Along a line of equal loss dD/dN = -(alpha A N^-alpha / N) / (beta B
    D^-beta / D); with it the derivative of the sum is zero where

        alpha A N^-alpha = (1 + T / 3D) beta B D^-beta.

    Without inference the two sides are equal at the optimum. With it the model shrinks: the left
    side rises and the right one falls, so there is one solution.

    Args:
        law: The loss.
        optimum: On the law's own frontier.
        inference_tokens: T, at least 0.
    """
    reducible = law.loss(optimum.params, optimum.tokens) - law.irreducible

    def at(share: float) -> Allocation:
        """The pair of the same loss to which too few parameters contribute this share."""
        return Allocation(
            (law.parameter_scale / (share * reducible)) ** (1.0 / law.alpha),
            (law.token_scale / ((1.0 - share) * reducible)) ** (1.0 / law.beta),
        )

    def is_too_large(share: float) -> bool:
        served = math.log1p(inference_tokens / (3.0 * at(share).tokens))
        return math.log(law.alpha * share) < math.log(law.beta * (1.0 - share)) + served

    low = law.beta / (law.alpha + law.beta)  # alpha * share = beta * (1 - share): the optimum
    high = 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if not low < middle < high:  # neighbouring floats
            break
        low, high = (middle, high) if is_too_large(middle) else (low, middle)
    return at(low)
