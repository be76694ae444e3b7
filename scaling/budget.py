"""A budget of one quantity, and the split of compute between parameters and tokens it leads to."""

from dataclasses import dataclass
from typing import Literal

from haybale.scaling.flops import training_flops
from haybale.scaling.laws import ComputeFrontier

Quantity = Literal["flops", "params", "tokens"]

_MOST = 1e40
"""Far beyond any budget, and near enough for every power of it to be a number."""


class BudgetError(ValueError):
    """A budget, or a corpus for it, from which no plan follows: the user's to change."""


@dataclass(frozen=True)
class Allocation:
    """A model size and the tokens to train it on.

    Attributes:
        params: N, embedding included.
        tokens: D.
    """

    params: float
    tokens: float

    @property
    def flops(self) -> float:
        """6ND."""
        return training_flops(self.params, self.tokens)

    @property
    def tokens_per_parameter(self) -> float:
        """D / N."""
        return self.tokens / self.params


@dataclass(frozen=True)
class Budget:
    """What is given; a law tells the rest.

    Attributes:
        quantity: `flops` (C), `params` (N) or `tokens` (D).
        amount: Of it, from 1 to 1e40.
    """

    quantity: Quantity
    amount: float

    def __post_init__(self) -> None:
        if not 1 <= self.amount <= _MOST:
            raise BudgetError(
                f"{self.quantity}: expected a number from 1 to {_MOST:g}, found {self.amount:g}"
            )

    def spend(self, frontier: ComputeFrontier) -> Allocation:
        """The model and the tokens of this budget that lie on a frontier."""
        if self.quantity == "flops":
            return Allocation(frontier.parameters(self.amount), frontier.tokens(self.amount))
        if self.quantity == "params":
            return Allocation(self.amount, frontier.tokens_for(self.amount))
        return Allocation(frontier.parameters_for(self.amount), self.amount)
