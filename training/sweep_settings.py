"""The schedule of a run in a sweep or an ablation, from its compute alone."""

import math

from haybale.corpus.errors import RecipeError
from haybale.scaling.flops import training_flops
from haybale.scaling.laws import HOFFMANN_2
from haybale.scaling.schedule import (
    FINAL_LEARNING_RATE_FRACTION,
    SEQUENCE_LENGTH,
    batch_tokens,
    peak_learning_rate,
)
from haybale.scaling.trained_shape import TrainedShape
from haybale.training.model import ModelSettings
from haybale.training.recipe import TrainingRecipe, TrainingSettings

_MOST_LEARNING_RATE = 0.005
_LEAST_STEPS = 4000
"""Of the planned best model. The formulas were fitted from 1e17 FLOPs on. Followed far below they
ask for so large batches that few steps are left: of news at 1.6e11 FLOPs, models of 24,000 and
80,000 parameters lose 7 and 6 % more with batches of 1,024 tokens than of 256 (one seed, rate
0.01)."""
_LEAST_SEQUENCE_LENGTH = 32
_LEAST_BATCH_SIZE = 4
_WARMUP_FRACTION = 0.05
_MICRO_BATCH_TOKENS = 16 * SEQUENCE_LENGTH
"""At once through the model, as in the recipes that `haybale plan` writes."""
_NUM_CHECKPOINTS = 8


def small_batch_tokens(flops: float) -> float:
    """Tokens of a step: the planner's, or fewer, where less than `_LEAST_STEPS` would be left."""
    return min(batch_tokens(flops), HOFFMANN_2.tokens(flops) / _LEAST_STEPS)


def sequence_length(flops: float) -> int:
    """The longest power of two, up to 2,048, of which a step has four."""
    room = max(_LEAST_SEQUENCE_LENGTH, small_batch_tokens(flops) / _LEAST_BATCH_SIZE)
    return min(SEQUENCE_LENGTH, 1 << math.floor(math.log2(room)))


def recipe_for(
    shape: TrainedShape,
    vocabulary_size: int,
    num_tokens: float,
    length: int,
    flops: float | None = None,
) -> TrainingRecipe:
    """A recipe that trains this shape on so many tokens, in whole steps, without validation.

    Learning rate and batch follow compute: see `haybale.scaling.schedule.batch_tokens`.

    Args:
        shape: Of the model.
        vocabulary_size: Of the corpus's tokenizer.
        num_tokens: Of the run.
        length: Tokens of a sample.
        flops: What batch and learning rate follow; by default 6ND.

    Raises:
        RecipeError: If the tokens do not fill a step.
    """
    size = shape.parameters(vocabulary_size)
    flops = flops or training_flops(size, num_tokens)
    batch_size = 2 ** max(0, round(math.log2(small_batch_tokens(flops) / length)))
    step_tokens = batch_size * length
    num_steps = round(num_tokens / step_tokens)
    if num_steps < 1:
        raise RecipeError(
            f"{num_tokens:,.0f} tokens do not fill a step of {step_tokens:,}, for a model of "
            f"{size:,} parameters; spend more"
        )
    settings = TrainingSettings(
        sequence_length=length,
        batch_size=batch_size,
        micro_batch_size=min(batch_size, max(1, _MICRO_BATCH_TOKENS // length)),
        learning_rate=min(_MOST_LEARNING_RATE, peak_learning_rate(flops)),
        tokens=num_steps * step_tokens,
        warmup_fraction=_WARMUP_FRACTION,
        final_learning_rate_fraction=FINAL_LEARNING_RATE_FRACTION,
        checkpoint_every=max(1, num_steps // _NUM_CHECKPOINTS),
        validation_samples=0,
    )
    return TrainingRecipe(
        f"{size}-parameters", ModelSettings(shape.depth, shape.width, shape.heads), settings
    )
