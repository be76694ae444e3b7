"""What a training run is made of: the tables of its recipe, validated."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import parse_section, read_recipe
from haybale.scaling.plan import TOKENS_PER_PARAMETER, compute_optimal_tokens
from haybale.training.model import ModelSettings

MAX_HORIZON_RATIO = 1.25
"""A cosine that is longer than this many times the run clearly costs loss (Hoffmann et al. 2022,
arXiv 2203.15556, appendix B)."""


@dataclass(frozen=True)
class TrainingSettings:
    """The table `training`.

    Attributes:
        sequence_length: Tokens of a sample (T).
        batch_size: Samples of a step.
        learning_rate: Highest of the schedule.
        tokens: Token budget, or
        tokens_per_parameter: the same by the model's size; 20 is compute-optimal. One of the two
            must be given.
        horizon_tokens: Where the cosine ends; by default with the budget, and at most 1.25 times
            later.
        micro_batch_size: Samples that a process sends through the model at once, at most; gradients
            add up over as many rounds as it takes. By default all that are its.
        warmup_fraction: Of the steps, with a rising learning rate.
        final_learning_rate_fraction: Of the highest, at the end of the cosine.
        weight_decay: On matrices only.
        max_gradient_norm: Longer gradients are cut to this norm.
        seed: Of the weights and of the order of samples.
        shuffle: Of the samples; see `haybale.loaders.TokenDataset`.
        weights: Shares of tokens by subset; by default the corpus's own.
        checkpoint_every: Steps between checkpoints; there is always one at the end.
        validate_every: Steps between validations; by default only at the end.
        validation_samples: At most as many samples of the validation split; 0 for no validation.
        compile: Whether PyTorch compiles the model first, which takes a minute and makes it faster.
        parallel: What several processes do; see `haybale.training.ranks.spread_model`.
    """

    sequence_length: int
    batch_size: int
    learning_rate: float
    tokens: int | None = None
    tokens_per_parameter: float | None = None
    horizon_tokens: int | None = None
    micro_batch_size: int | None = None
    warmup_fraction: float = 0.01
    final_learning_rate_fraction: float = 0.1
    weight_decay: float = 0.1
    max_gradient_norm: float = 1.0
    seed: int = 0
    shuffle: Literal["auto", "full", "block"] = "auto"
    weights: Mapping[str, float] | None = None
    checkpoint_every: int = 1000
    validate_every: int | None = None
    validation_samples: int = 256
    compile: bool = False
    parallel: Literal["ddp", "fsdp"] = "ddp"

    def __post_init__(self) -> None:
        if (self.tokens is None) == (self.tokens_per_parameter is None):
            raise RecipeError(
                "give tokens or tokens_per_parameter, and not both "
                f"(tokens_per_parameter = {TOKENS_PER_PARAMETER:g} is compute-optimal)"
            )
        self._check_at_least_one()
        if self.batch_size % self.accumulation_batch:
            raise RecipeError(
                f"micro_batch_size: expected a divisor of batch_size {self.batch_size}, "
                f"found {self.micro_batch_size}"
            )
        for name in ("learning_rate", "max_gradient_norm"):
            if not 0 < getattr(self, name) < float("inf"):
                raise RecipeError(f"{name}: expected above 0, found {getattr(self, name)}")
        for name in ("warmup_fraction", "final_learning_rate_fraction"):
            if not 0 <= getattr(self, name) <= 1:
                raise RecipeError(f"{name}: expected 0 to 1, found {getattr(self, name)}")
        for name in ("weight_decay", "validation_samples"):
            if not getattr(self, name) >= 0:
                raise RecipeError(f"{name}: expected at least 0, found {getattr(self, name)}")
        if self.validate_every is not None and self.validation_samples == 0:
            raise RecipeError("validate_every has no effect where validation_samples is 0")

    def _check_at_least_one(self) -> None:
        names = ("sequence_length", "batch_size", "tokens", "horizon_tokens", "micro_batch_size")
        for name in (*names, "checkpoint_every", "validate_every"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise RecipeError(f"{name}: expected at least 1, found {value}")
        ratio = self.tokens_per_parameter
        if ratio is not None and not 0 < ratio < float("inf"):
            raise RecipeError(f"tokens_per_parameter: expected above 0, found {ratio}")

    @property
    def accumulation_batch(self) -> int:
        """Samples sent through the model at once, where there is one process."""
        return self.micro_batch_size or self.batch_size

    @property
    def step_tokens(self) -> int:
        """Tokens of a step."""
        return self.batch_size * self.sequence_length

    def rank_batch(self, world_size: int) -> int:
        """Samples that each of several processes sends through the model at once.

        The most that divide its share of a step and are no more than asked for.

        Raises:
            RecipeError: If a step cannot be shared evenly.
        """
        share, left = divmod(self.batch_size, world_size)
        if left or not share:
            raise RecipeError(
                f"training.batch_size: expected a multiple of the {world_size} processes, "
                f"found {self.batch_size}"
            )
        return largest_divisor(share, self.accumulation_batch)

    def num_steps(self, num_parameters: int) -> int:
        """Steps of the run: the token budget, rounded to the nearest whole step.

        Raises:
            RecipeError: If the budget does not fill a step.
        """
        tokens = self._budget(num_parameters)
        if tokens < self.step_tokens:
            raise RecipeError(
                f"training: {tokens} tokens do not fill one step of {self.batch_size} x "
                f"{self.sequence_length}; raise the budget or lower batch_size"
            )
        return self._steps(tokens)

    def horizon_steps(self, num_parameters: int) -> int:
        """Steps of the cosine, likewise.

        Raises:
            RecipeError: If it is shorter than the run, or much longer.
        """
        budget = self._budget(num_parameters)
        if self.horizon_tokens is None:
            return self._steps(budget)
        if not budget <= self.horizon_tokens <= MAX_HORIZON_RATIO * budget:
            raise RecipeError(
                f"training.horizon_tokens: expected the token budget, {budget}, or up to "
                f"{MAX_HORIZON_RATIO} times as many, found {self.horizon_tokens} "
                f"({self.horizon_tokens / budget:.3g} times): a cosine that does not end with the "
                "run costs loss; leave it out, or change the budget"
            )
        return self._steps(self.horizon_tokens)

    def _budget(self, num_parameters: int) -> int:
        if self.tokens is not None:
            return self.tokens
        share = (self.tokens_per_parameter or 0.0) / TOKENS_PER_PARAMETER
        return round(compute_optimal_tokens(num_parameters) * share)

    def _steps(self, tokens: int) -> int:
        return (tokens + self.step_tokens // 2) // self.step_tokens


def largest_divisor(number: int, most: int) -> int:
    """The largest divisor of a number that is not above a bound."""
    return max(one for one in range(1, min(number, most) + 1) if number % one == 0)


@dataclass(frozen=True)
class TrainingRecipe:
    """A training run.

    Attributes:
        name: For messages.
        model: Shape of the decoder.
        training: Everything else.
    """

    name: str
    model: ModelSettings
    training: TrainingSettings


def parse_training_recipe(raw: Mapping[str, Any]) -> TrainingRecipe:
    """Validate the tables of a recipe.

    Raises:
        RecipeError: Naming table and key.
    """
    return parse_section(TrainingRecipe, raw, "recipe")


def read_training_recipe(path: Path, overrides: tuple[str, ...] = ()) -> TrainingRecipe:
    """Read a recipe's file; `overrides` are as after `--set`."""
    return parse_training_recipe(read_recipe(path, overrides))
