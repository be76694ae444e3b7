"""What a run draws of each subset of a corpus: epochs, what repeats are worth, what is missing."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from haybale.scaling.budget import BudgetError
from haybale.scaling.laws import ParametricLoss, effective_tokens
from haybale.scaling.repetition import DataConstrainedLoss


@dataclass(frozen=True)
class SubsetPlan:
    """A subset in a run.

    Attributes:
        name: Of the subset.
        weight: Its share of the run's tokens.
        unique_tokens: That the corpus has.
        tokens: That the run draws.
    """

    name: str
    weight: float
    unique_tokens: int
    tokens: float

    @property
    def epochs(self) -> float:
        """How often the run reads it."""
        return self.tokens / self.unique_tokens

    @property
    def effective_tokens(self) -> float:
        """Fresh tokens that the run's are worth (Muennighoff et al. 2023, arXiv 2305.16264)."""
        return effective_tokens(self.unique_tokens, self.tokens)

    @property
    def read_tokens(self) -> float:
        """Unique tokens that the run reads at least once."""
        return min(self.tokens, float(self.unique_tokens))

    @property
    def missing_tokens(self) -> float:
        """Fresh ones with which nothing would be read twice."""
        return max(0.0, self.tokens - self.unique_tokens)

    def run_tokens_at(self, epochs: float) -> float:
        """Tokens of a whole run that reads this subset so often."""
        return epochs * self.unique_tokens / self.weight


@dataclass(frozen=True)
class DataPlan:
    """All subsets of a run that have a weight, the most often read first.

    Attributes:
        tokens: Of the run.
        subsets: Most epochs first.
    """

    tokens: float
    subsets: tuple[SubsetPlan, ...]

    @property
    def effective_tokens(self) -> float:
        """Of all subsets, each by itself."""
        return math.fsum(subset.effective_tokens for subset in self.subsets)

    @property
    def missing_tokens(self) -> float:
        """Fresh ones, of all subsets, with which nothing would be read twice."""
        return math.fsum(subset.missing_tokens for subset in self.subsets)

    def loss(self, law: ParametricLoss, num_parameters: float) -> float:
        """In nats per token, repeats counted as Muennighoff et al. 2023 found them.

        Repeats cost twice: tokens are worth less, and so are parameters beyond those that the
        unique tokens call for. With nothing repeated it is the loss of `law` itself.
        """
        if self.missing_tokens == 0:
            return law.loss(num_parameters, self.tokens)
        read = math.fsum(subset.read_tokens for subset in self.subsets)
        return DataConstrainedLoss(law).loss_of_mixture(num_parameters, read, self.effective_tokens)

    def run_tokens_at(self, epochs: float) -> float:
        """Tokens of the longest run that reads no subset more often."""
        return min(subset.run_tokens_at(epochs) for subset in self.subsets)


def plan_data(
    unique_tokens: Mapping[str, int], weights: Mapping[str, float], tokens: float
) -> DataPlan:
    """Spread a run's tokens over subsets by weight.

    Args:
        unique_tokens: By subset.
        weights: By subset, at least 0, not all 0; of any sum.
        tokens: Of the run.

    Raises:
        BudgetError: If a subset with a weight has no tokens, or none has a weight.
    """
    total = math.fsum(weights.values())
    if not total > 0:
        raise BudgetError("weights: expected one above 0; the corpus gives none to any subset")
    subsets = []
    for name, weight in weights.items():
        if weight and not unique_tokens.get(name):
            raise BudgetError(
                f"{name}: has weight {weight / total:.3g} and no training tokens; "
                "give the subset text, or the weight 0"
            )
        if weight:
            share = weight / total
            subsets.append(SubsetPlan(name, share, unique_tokens[name], share * tokens))
    return DataPlan(tokens, tuple(sorted(subsets, key=lambda subset: -subset.epochs)))


def tokens_that_last(
    unique_tokens: Mapping[str, int], weights: Mapping[str, float], max_epochs: float
) -> float:
    """Tokens of a run over a whole corpus: as many as it has, or as no subset bears more.

    Subsets without a weight are not of the run, and do not count.

    Args:
        unique_tokens: By subset.
        weights: By subset.
        max_epochs: That any subset may be read.
    """
    total = float(sum(unique_tokens.get(name, 0) for name, weight in weights.items() if weight))
    return min(total, plan_data(unique_tokens, weights, total).run_tokens_at(max_epochs))


def refuse_above(plan: DataPlan, max_epochs: float) -> None:
    """Refuse a run that reads a subset more often than it may.

    Raises:
        BudgetError: Naming the subset that is read most, and what would do.
    """
    worst = plan.subsets[0]
    if worst.epochs <= max_epochs * (1 + 1e-9):  # a run made to last has rounded to its cap
        return
    others = sum(subset.epochs > max_epochs for subset in plan.subsets) - 1
    also = f" (and {others} more subset{'s' if others > 1 else ''} too often)" if others else ""
    raise BudgetError(
        f"{plan.tokens:.4g} tokens would read {worst.name} {worst.epochs:.2f} times{also}, and "
        f"{max_epochs:g} are allowed: the corpus lasts for {plan.run_tokens_at(max_epochs):.4g} "
        f"tokens; lower the budget, add {worst.name} or lower its weight, or allow "
        f"--max-epochs {math.ceil(worst.epochs * 10) / 10:g}"
    )
