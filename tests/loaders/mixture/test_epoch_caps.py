import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus.errors import RecipeError
from haybale.loaders.mixture.epoch_caps import cap_epochs
from haybale.loaders.mixture.stages import SolvedStage, StagedMixture

SOURCES = ("a", "b", "c")
Stages = list[tuple[int, tuple[int, ...]]]
WEIGHTS = st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(any).map(tuple)
STAGES = st.lists(st.tuples(st.integers(1, 400), WEIGHTS), min_size=1, max_size=4)
SAMPLES = st.lists(st.integers(20, 300), min_size=3, max_size=3)
CAP = st.integers(5, 800).map(lambda hundredths: hundredths / 100)
CAPS = st.one_of(CAP, st.dictionaries(st.sampled_from(SOURCES), CAP, min_size=1))


def _stages(stages: Stages) -> list[SolvedStage]:
    starts = [sum(length for length, _ in stages[:at]) for at in range(len(stages))]
    return [SolvedStage(start, *stage) for start, stage in zip(starts, stages, strict=True)]


def _cap(stages: Stages, num_samples: list[int], caps: float | dict[str, float]) -> StagedMixture:
    sizes = dict(zip(SOURCES, num_samples, strict=True))
    solved = cap_epochs(_stages(stages), SOURCES, sizes, caps, sequence_length=10)
    return StagedMixture(SOURCES, solved)


def _raised(caps: float | dict[str, float], message: str) -> float | dict[str, float]:
    """The caps that the message proposes."""
    found = re.search(r"raise max_epochs to ([\d.]+)(?: for ([abc, ]+?))?(?:, or|$)", message)
    assert found is not None
    if isinstance(caps, dict):
        return caps | dict.fromkeys(found[2].split(", "), float(found[1]))
    return float(found[1])


@given(STAGES, SAMPLES, CAPS)
def test_no_source_is_drawn_beyond_its_cap(
    stages: Stages, num_samples: list[int], caps: float | dict[str, float]
) -> None:
    try:
        plan = _cap(stages, num_samples, caps)
    except RecipeError as error:
        plan = _cap(stages, num_samples, _raised(caps, str(error)))  # what it says works
        caps = _raised(caps, str(error))
    counts = plan.counts(sum(length for length, _ in stages))
    assert sum(counts) == plan.num_positions
    by_source = caps if isinstance(caps, dict) else dict.fromkeys(SOURCES, caps)
    for source, count, samples in zip(SOURCES, counts, num_samples, strict=True):
        if source in by_source:
            assert count <= Fraction(str(by_source[source])) * samples
    for stage, (length, weights) in zip(plan.stages, stages, strict=True):
        assert sum(stage.weights) == length
        assert not any(
            count for count, weight in zip(stage.weights, weights, strict=True) if not weight
        )


@given(STAGES, SAMPLES)
def test_caps_that_nothing_reaches_leave_the_shares_as_they_are(
    stages: Stages, num_samples: list[int]
) -> None:
    plan = _cap(stages, num_samples, 1e6)
    for stage, (length, weights) in zip(plan.stages, stages, strict=True):
        for count, weight in zip(stage.weights, weights, strict=True):
            assert abs(count - Fraction(length * weight, sum(weights))) < 1


@given(STAGES, SAMPLES, CAP)
def test_the_proposed_cap_is_the_lowest_in_hundredths(
    stages: Stages, num_samples: list[int], cap: float
) -> None:
    try:
        _cap(stages, num_samples, cap)
    except RecipeError as error:
        proposed = _raised(cap, str(error))
        assert isinstance(proposed, float)
        if proposed - 0.01 >= 0.05:
            with pytest.raises(RecipeError, match="leaves"):
                _cap(stages, num_samples, round(proposed - 0.01, 2))


def test_what_one_source_cannot_give_the_others_share_by_weight() -> None:
    # 600 samples at 3 : 2 : 1 are 300, 200, 100. One epoch of a has 60; the other 540 go to b and
    # c at 2 : 1, 360 and 180. One of b has 300, so that c gives 240.
    plan = _cap([(600, (3, 2, 1))], [60, 300, 1000], 1)
    assert plan.counts(600) == (60, 300, 240)


def test_fractions_of_samples_go_by_largest_remainder() -> None:
    # 3 samples at 7 : 2 : 1 are 2.1, 0.6 and 0.3; at 2 : 0 : 1 they are 2 and 1.
    plan = _cap([(3, (7, 2, 1)), (3, (2, 0, 1))], [100, 100, 100], 1)
    assert [stage.weights for stage in plan.stages] == [(2, 1, 0), (2, 0, 1)]


def test_a_cap_counts_over_all_stages() -> None:
    # Half of 100 leaves a 30 of its 80 samples for the second stage; the third has none of it.
    plan = _cap([(100, (1, 1, 0))] * 3, [80, 1000, 1000], 1)
    assert [stage.weights for stage in plan.stages] == [(50, 50, 0), (30, 70, 0), (0, 100, 0)]


def test_a_later_stage_does_not_change_an_earlier_one() -> None:
    stages: Stages = [(100, (1, 1, 0)), (70, (1, 2, 3))]
    appended: Stages = [*stages, (90, (5, 0, 1))]
    sizes = [80, 90, 1000]
    assert _cap(appended, sizes, 1).stages[:2] == _cap(stages, sizes, 1).stages


def test_caps_are_exact_as_written() -> None:
    # 0.3 as a float is below 3/10, and 10 times it below 3.
    assert _cap([(3, (1, 0, 0))], [10, 1, 1], {"a": 0.3}).counts(3) == (3, 0, 0)


@pytest.mark.parametrize(
    ("caps", "message"),
    [
        # a has 100 samples, b 200: half of each is 150. In the first stage 100 are drawn.
        (0.5, r"stages\[1\]: max_epochs leaves 500 of its 2000 tokens \(a, b\); "
         r"raise max_epochs to 1\.0, or stages\[1\]\.tokens to at most 500"),
        ({"a": 0.5, "b": 0.25}, r"stages\[1\]: max_epochs leaves 0 of its 2000 tokens \(a, b\); "
         r"raise max_epochs to 1\.0 for a, b$"),
        ({"d": 1}, "max_epochs: no subset 'd'; known are a, b, c"),
        (0, r"max_epochs\.a: expected a number above 0, found 0"),
        (-1.0, r"max_epochs\.a: expected a number above 0, found -1"),
        (float("nan"), r"max_epochs\.a: expected a number above 0, found nan"),
        (float("inf"), r"max_epochs\.a: expected a number above 0, found inf"),
        (0.009, r"max_epochs\.a: 0\.009 epochs of 100 samples are not one sample"),
    ],
)  # fmt: skip
def test_caps_that_cannot_be_kept_are_refused(caps: float | dict[str, float], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        _cap([(100, (1, 1, 0)), (200, (1, 1, 0))], [100, 200, 300], caps)


def test_a_cap_that_is_high_enough_is_left_as_it_is() -> None:
    # Five epochs of a are 50 of 100 samples; the other 50 are half an epoch of b.
    with pytest.raises(RecipeError, match=r"leaves 600 of its 1000 .* to 0\.5 for b, or"):
        _cap([(100, (1, 1, 0))], [10, 100, 100], {"a": 5, "b": 0.1})


def test_a_stage_without_end_cannot_keep_a_cap() -> None:
    with pytest.raises(RecipeError, match=r"stages\[0\]\.tokens: .* give the number of tokens"):
        cap_epochs([SolvedStage(0, None, (1,))], ["a"], {"a": 10}, 1, 10)
