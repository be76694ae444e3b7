from pathlib import Path
from typing import Any

import pytest

from haybale.corpus.errors import RecipeError
from haybale.training.recipe import parse_training_recipe, read_training_recipe

MODEL = {"depth": 1, "width": 8, "heads": 2}
TRAINING = {"sequence_length": 8, "batch_size": 4, "learning_rate": 1e-3, "tokens": 1000}
SHIPPED = sorted(Path(__file__).parents[2].glob("recipes/train_*.toml"))


def _parse(**training: Any) -> Any:
    table = {key: value for key, value in {**TRAINING, **training}.items() if value != "absent"}
    return parse_training_recipe({"name": "r", "model": MODEL, "training": table}).training


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_recipes_are_valid(path: Path) -> None:
    assert read_training_recipe(path).name == path.stem.replace("_", "-")


def test_there_are_shipped_recipes() -> None:
    assert {path.stem for path in SHIPPED} >= {"train_demo", "train_small"}


def test_a_budget_becomes_the_nearest_number_of_steps() -> None:
    # A step is 4 x 8 = 32 tokens: 1000 / 32 = 31.25, 1010 / 32 = 31.56, 20 x 100 / 32 = 62.5.
    assert _parse().num_steps(num_parameters=1) == 31
    assert _parse(tokens=1010).num_steps(num_parameters=1) == 32
    by_size = _parse(tokens="absent", tokens_per_parameter=20)
    assert by_size.num_steps(num_parameters=100) == 63


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({"tokens_per_parameter": 20}, "training: give tokens or tokens_per_parameter"),
        ({"tokens": "absent"}, "training: give tokens or tokens_per_parameter"),
        ({"batch_size": 0}, "batch_size: expected at least 1, found 0"),
        ({"micro_batch_size": 3}, "a divisor of batch_size 4, found 3"),
        ({"learning_rate": 0.0}, r"learning_rate: expected above 0, found 0\.0"),
        ({"warmup_fraction": 1.5}, r"warmup_fraction: expected 0 to 1, found 1\.5"),
        ({"weight_decay": -1.0}, r"weight_decay: expected at least 0"),
        ({"validation_samples": 0, "validate_every": 5}, "has no effect"),
        ({"lerning_rate": 1.0}, "unknown key 'lerning_rate'; did you mean 'learning_rate'"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(training: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        _parse(**training)


def test_a_budget_below_one_step_is_refused_with_numbers() -> None:
    with pytest.raises(RecipeError, match="31 tokens do not fill one step of 4 x 8"):
        _parse(tokens=31).num_steps(num_parameters=1)


def test_the_cosine_ends_with_the_run_or_a_little_later() -> None:
    # Steps of 32 tokens. 1250 / 32 = 39.06.
    assert _parse().horizon_steps(1) == _parse().num_steps(1) == 31
    assert _parse(horizon_tokens=1000).horizon_steps(1) == 31
    assert _parse(horizon_tokens=1250).horizon_steps(1) == 39
    assert _parse(horizon_tokens=1250).num_steps(1) == 31


@pytest.mark.parametrize(("horizon", "ratio"), [(1251, "1.25"), (999, "0.999"), (5000, "5")])
def test_a_cosine_that_does_not_end_with_the_run_is_refused(horizon: int, ratio: str) -> None:
    # Hoffmann et al. 2022, appendix B: overshooting by more than 25 % clearly costs loss.
    with pytest.raises(
        RecipeError,
        match=rf"expected the token budget, 1000, or up to 1\.25 times .* found {horizon} "
        rf"\({ratio} times\)",
    ):
        _parse(horizon_tokens=horizon).horizon_steps(1)


def test_the_horizon_is_that_of_a_budget_by_size() -> None:
    by_size = _parse(tokens="absent", tokens_per_parameter=20, horizon_tokens=2500)
    assert by_size.horizon_steps(num_parameters=100) == 78  # 2500 / 32 = 78.1
    with pytest.raises(RecipeError, match="2000, or up to"):
        _parse(tokens="absent", tokens_per_parameter=20, horizon_tokens=2501).horizon_steps(
            num_parameters=100
        )
