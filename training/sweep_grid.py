"""An IsoFLOP grid: for each budget, models of several sizes, each on the tokens that it leaves.

Approach 2 of Hoffmann et al. 2022 (arXiv 2203.15556, section 3.2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from haybale.corpus.errors import RecipeError
from haybale.scaling.flops import training_flops
from haybale.scaling.laws import HOFFMANN_2
from haybale.training.recipe import TrainingRecipe
from haybale.training.sweep_settings import recipe_for, sequence_length
from haybale.training.sweep_shapes import smallest_parameters, swept_shape

REACH = 4.0
"""The sizes of a budget reach from this many times below the planned one to as many times above. On
the law of Besiroglu et al. 2024 (arXiv 2404.10102) at 1e18 FLOPs the ends lose 6 % against the
middle: enough to see the parabola above the noise of a run."""
MIN_SIZES = 3
"""A parabola has three coefficients."""
NUM_POINTS = 16
"""Validations on the way: the training curve that approach 1 takes."""
_MOST_VALIDATION_TOKENS = 1 << 20
_VALIDATED_SHARE = 1 / 8
"""Of the shortest run's tokens, at each validation: all of them, which only go forward, then cost
two thirds of that run, a twentieth of its budget's longest, and less of larger budgets."""
_LEAST_VALIDATION_SAMPLES = 16


@dataclass(frozen=True)
class GridRun:
    """One run of the grid.

    Attributes:
        name: Of its folder, and in `runs.csv`.
        flops: Its budget; 6ND is within rounding to whole steps of it.
        num_parameters: N, embedding included.
        recipe: What to train.
    """

    name: str
    flops: float
    num_parameters: int
    recipe: TrainingRecipe

    @property
    def num_tokens(self) -> int:
        """D."""
        return int(self.recipe.training.tokens or 0)


def isoflop_grid(
    budgets: Sequence[float], num_sizes: int, vocabulary_size: int
) -> tuple[GridRun, ...]:
    """Sizes about the planned optimum of each budget, cheapest first.

    Sample length and validation are the same in all runs, so their losses can be compared.

    Args:
        budgets: FLOPs, two or more different ones.
        num_sizes: Of models for each budget, evenly apart in log N.
        vocabulary_size: Of the corpus's tokenizer; it decides how small a model can be.

    Raises:
        RecipeError: If there are too few budgets or sizes, or a budget is too small for its sizes.
    """
    budgets = sorted(set(budgets))
    if len(budgets) < 2:
        raise RecipeError(f"budgets: expected two different ones or more, found {len(budgets)}")
    if num_sizes < MIN_SIZES:
        raise RecipeError(f"sizes: expected at least {MIN_SIZES}, found {num_sizes}")
    _check_smallest(budgets[0], vocabulary_size)
    length = sequence_length(budgets[0])
    grid = [
        _run(flops, size, vocabulary_size, length)
        for flops in budgets
        for size in HOFFMANN_2.parameters(flops) * np.geomspace(1 / REACH, REACH, num_sizes)
    ]
    validated = min(_MOST_VALIDATION_TOKENS, _VALIDATED_SHARE * min(run.num_tokens for run in grid))
    samples = max(_LEAST_VALIDATION_SAMPLES, int(validated) // length)
    return tuple({run.name: _validated(run, samples) for run in grid}.values())


def beyond_edges(
    grid: Sequence[GridRun], losses: Mapping[str, float], vocabulary_size: int
) -> tuple[GridRun, ...]:
    """A further run for each budget whose best one is too near its smallest or its largest.

    Two sizes should lie on either side of it, or one where a budget has fewer than five: a
    parabola through a lopsided grid has its minimum elsewhere.

    Args:
        grid: The runs so far.
        losses: Of each, by name.
        vocabulary_size: Of the corpus's tokenizer.

    Returns:
        The runs to add, of models half or twice as large; none where every budget has its minimum
        well among its sizes, or no model is smaller.
    """
    added = []
    for flops in sorted({run.flops for run in grid}):
        runs = sorted(
            (run for run in grid if run.flops == flops), key=lambda run: run.num_parameters
        )
        best = min(runs, key=lambda run: losses[run.name])
        below, margin = runs.index(best), min(2, (len(runs) - 1) // 2)
        if below < margin:
            size = runs[0].num_parameters / 2
        elif len(runs) - 1 - below < margin:
            size = runs[-1].num_parameters * 2
        else:
            continue
        settings = best.recipe.training
        further = _run(flops, size, vocabulary_size, settings.sequence_length)
        if further.name not in losses:
            added.append(_validated(further, settings.validation_samples))
    return tuple(added)


def _check_smallest(flops: float, vocabulary_size: int) -> None:
    least = smallest_parameters(vocabulary_size)
    if HOFFMANN_2.parameters(flops) < REACH * least:
        enough = (REACH * least / HOFFMANN_2.coefficient) ** (1 / HOFFMANN_2.exponent)
        raise RecipeError(
            f"budgets: {flops:.3g} FLOPs are too few for a vocabulary of {vocabulary_size:,}: the "
            f"smallest model has {least:,} parameters, and sizes should begin {REACH:g} times "
            f"below the best; expected {enough * 1.01:.2g} or more, or a corpus of fewer pieces"
        )


def _run(flops: float, num_parameters: float, vocabulary_size: int, length: int) -> GridRun:
    shape = swept_shape(num_parameters, vocabulary_size)
    size = shape.parameters(vocabulary_size)
    num_tokens = flops / training_flops(size, 1)
    recipe = recipe_for(shape, vocabulary_size, num_tokens, length, flops)
    name = f"{flops:.6g}-flops-{size}-parameters"
    return GridRun(name, flops, size, replace(recipe, name=name))


def _validated(run: GridRun, num_samples: int) -> GridRun:
    settings = run.recipe.training
    num_steps = settings.num_steps(run.num_parameters)
    every = -(-num_steps // NUM_POINTS)
    validated = replace(settings, validation_samples=num_samples, validate_every=every)
    return replace(run, recipe=replace(run.recipe, training=validated))
