"""Large models of their time: their tokens, and what their compute could have bought."""

from dataclasses import dataclass

from haybale.scaling.budget import Allocation, Budget
from haybale.scaling.laws import ParametricLoss


@dataclass(frozen=True)
class FamousModel:
    """A dense model as it was published.

    Attributes:
        name: Of the model.
        params: N.
        tokens: D.
    """

    name: str
    params: float
    tokens: float

    @property
    def allocation(self) -> Allocation:
        """N and D."""
        return Allocation(self.params, self.tokens)


# Hoffmann et al. 2022 (arXiv 2203.15556), table 1, and for PaLM Chowdhery et al. 2022 (arXiv
# 2204.02311), sections 2 and 3.
FAMOUS = (
    FamousModel("LaMDA", 137e9, 168e9),
    FamousModel("GPT-3", 175e9, 300e9),
    FamousModel("Jurassic-1", 178e9, 300e9),
    FamousModel("Gopher", 280e9, 300e9),
    FamousModel("MT-NLG", 530e9, 270e9),
    FamousModel("PaLM", 540e9, 780e9),
    FamousModel("Chinchilla", 70e9, 1.4e12),
)


@dataclass(frozen=True)
class Comparison:
    """A model beside the best one of the same compute.

    Attributes:
        model: As published.
        loss: That a law predicts of it, in nats per token.
        best: What the same compute could have bought.
        best_loss: Of that.
    """

    model: FamousModel
    loss: float
    best: Allocation
    best_loss: float


def compare(model: FamousModel, law: ParametricLoss) -> Comparison:
    """A model beside the best one of the same compute, both by one law.

    The law was fitted to one corpus and tokenizer; its losses compare models trained alike, not
    those that were published.
    """
    best = Budget("flops", model.allocation.flops).spend(law.frontier)
    return Comparison(
        model=model,
        loss=law.loss(model.params, model.tokens),
        best=best,
        best_loss=law.loss(best.params, best.tokens),
    )
