"""Training that tells how far it is: for verbs that train many models one after the other."""

from collections.abc import Callable
from pathlib import Path

from haybale.training.recipe import TrainingRecipe
from haybale.training.report import RunPlan, StepReport
from haybale.training.train import train

OnTokens = Callable[[int], None]
"""Told how many more tokens of training are done."""


def unheard(num_tokens: int) -> None:
    """Where nobody listens."""


def train_counted(
    recipe: TrainingRecipe, data: Path, output: Path, device: str, on_tokens: OnTokens
) -> None:
    """Train, or go on; what an earlier life did is told at once. See `haybale.training.train`."""
    step_tokens = recipe.training.step_tokens

    def begin(plan: RunPlan) -> None:
        on_tokens(plan.first_step * step_tokens)

    def advance(report: StepReport) -> None:
        on_tokens(step_tokens)

    train(recipe, data, output, device, resume=True, on_plan=begin, on_step=advance)
