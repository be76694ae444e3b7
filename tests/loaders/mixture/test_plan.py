import pytest

from haybale.corpus.errors import RecipeError
from haybale.loaders.mixture.plan import SourceSize, plan_stages
from haybale.loaders.mixture.stages import SolvedStage, Stage

SIZES = {
    "books": SourceSize(num_tokens=1001, num_samples=100),
    "code": SourceSize(num_tokens=8, num_samples=0),
    "web": SourceSize(num_tokens=5001, num_samples=500),
}
HALVES = {"books": 1, "web": 1}


def test_tokens_become_samples_and_weights_become_whole() -> None:
    plan = plan_stages([Stage({"web": 3, "books": 1}, 600), Stage({"web": 2})], SIZES, 10)
    assert plan.sources == ("books", "web")
    assert plan.stages == (
        SolvedStage(0, 60, (250_000_000, 750_000_000)),
        SolvedStage(60, None, (0, 1_000_000_000)),
    )


@pytest.mark.parametrize(("tokens", "samples"), [(10, 1), (14, 1), (15, 2), (16, 2), (104, 10)])
def test_a_stage_is_rounded_to_the_nearest_sample(tokens: int, samples: int) -> None:
    assert plan_stages([Stage(HALVES, tokens)], SIZES, 10).num_positions == samples


def test_caps_make_the_weights_the_samples_themselves() -> None:
    # 150 samples of books would be a half; one epoch has 100, and web gives the other 200.
    plan = plan_stages([Stage(HALVES, 3000)], SIZES, 10, max_epochs=1)
    assert plan.stages == (SolvedStage(0, 300, (100, 200)),)


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ([], "stages: expected at least one"),
        ([Stage({"book": 1})], r"stages\[0\]\.weights: no subset 'book'; did you mean 'books'\?"),
        ([Stage({"web": -1})], r"stages\[0\]\.weights\.web: expected a number of at least 0"),
        ([Stage({"web": 0})], r"stages\[0\]\.weights: expected at least one above 0"),
        ([Stage({})], r"stages\[0\]\.weights: expected at least one above 0"),
        ([Stage({"code": 1})], r"weights\.code: code has 8 tokens, .* of at most 7, or leave it"),
        ([Stage(HALVES), Stage(HALVES)], r"stages\[0\]\.tokens: only the last stage may be"),
        ([Stage(HALVES, 10), Stage(HALVES, 9)], r"stages\[1\]\.tokens: .* at least 10, .*found 9"),
        ([Stage(HALVES, 1e9)], r"stages\[0\]\.tokens: expected a whole number, found 1000000000"),
        ([Stage(HALVES, 1 << 60)], r"stages: \d+ samples in all are more than"),
    ],
)
def test_stages_that_cannot_be_right_are_refused(stages: list[Stage], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        plan_stages(stages, SIZES, 10)
