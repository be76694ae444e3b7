"""Training that tells how far it is: for verbs that train many models one after the other."""

from pathlib import Path
from typing import Protocol

from haybale.training.recipe import TrainingRecipe
from haybale.training.report import RunPlan, StepReport
from haybale.training.train import train


class OnTokens(Protocol):
    """Told how many more tokens of training are done, and whether an earlier life did them."""

    def __call__(self, num_tokens: int, earlier: bool = False) -> object:
        """So many more."""


def unheard(num_tokens: int, earlier: bool = False) -> None:
    """Where nobody listens."""


def train_counted(
    recipe: TrainingRecipe, data: Path, output: Path, device: str, on_tokens: OnTokens
) -> None:
    """Train, or go on; what an earlier life did is told at once. See `haybale.training.train`."""
    step_tokens = recipe.training.step_tokens

    def begin(plan: RunPlan) -> None:
        if plan.first_step:
            on_tokens(plan.first_step * step_tokens, earlier=True)

    def advance(report: StepReport) -> None:
        on_tokens(step_tokens)

    train(recipe, data, output, device, resume=True, on_plan=begin, on_step=advance)
