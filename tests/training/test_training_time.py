import itertools
from dataclasses import replace

import pytest

from haybale.training import training_time
from haybale.training.recipe import TrainingRecipe
from haybale.training.training_time import seconds_for


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second passes between two looks: each round takes one, and each update."""
    seconds = itertools.count()
    monkeypatch.setattr(training_time, "_now", lambda device: next(seconds))


def _changed(recipe: TrainingRecipe, **settings: object) -> TrainingRecipe:
    return replace(recipe, training=replace(recipe.training, **settings))  # type: ignore[arg-type]


def test_steps_are_rounds_and_an_update(recipe: TrainingRecipe) -> None:
    # 12 steps of 8 samples: one round of 8 and an update, or four of 2 and an update.
    bare = _changed(recipe, validation_samples=0)
    assert seconds_for(bare, 32, "cpu") == 12 * (1 + 1)
    assert seconds_for(_changed(bare, micro_batch_size=2), 32, "cpu") == 12 * (4 + 1)


def test_what_is_measured_takes_a_third_of_a_round(recipe: TrainingRecipe) -> None:
    # A round is 2 x 32 tokens. After steps 5, 10 and 12 16 samples of 32 tokens: 24 rounds.
    often = _changed(recipe, micro_batch_size=2, validate_every=5)
    assert seconds_for(often, 32, "cpu") == pytest.approx(60 + 24 / 3)
    # Once, in the end: 8 rounds. And other text of 640 tokens: 10 rounds.
    once = _changed(recipe, micro_batch_size=2)
    assert seconds_for(once, 32, "cpu", 640) == pytest.approx(60 + (8 + 10) / 3)
    assert seconds_for(once, 32, "cpu", 640, is_trained=True) == pytest.approx(10 / 3)
