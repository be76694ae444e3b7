import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.loaders.mixture.interleaving import Mixture
from haybale.loaders.mixture.stages import SolvedStage, StagedMixture

SOURCES = ("books", "code", "web")
WEIGHTS = st.lists(st.integers(0, 50), min_size=3, max_size=3).filter(any).map(tuple)
Weights = tuple[int, ...]


def _plan(*stages: tuple[int | None, Weights]) -> StagedMixture:
    """A plan of (number of samples, weights) one after the other."""
    starts = np.cumsum([0, *(length or 0 for length, _ in stages)]).tolist()
    solved = [SolvedStage(start, *stage) for start, stage in zip(starts, stages, strict=False)]
    return StagedMixture(SOURCES, solved)


def _naive(plan: StagedMixture, num_positions: int) -> list[tuple[int, int]]:
    """(source, ordinal) of each position, by counting what was drawn so far."""
    drawn: Counter[int] = Counter()
    sequence = []
    for position in range(num_positions):
        stage = [stage for stage in plan.stages if stage.start <= position][-1]
        chosen = [source for source, weight in enumerate(stage.weights) if weight]
        mixture = Mixture([stage.weights[source] for source in chosen])
        source = chosen[int(mixture.locate([position - stage.start])[0][0])]
        sequence.append((source, drawn[source]))
        drawn[source] += 1
    return sequence


def _located(plan: StagedMixture, positions: range) -> list[tuple[int, int]]:
    sources, ordinals = plan.locate(positions)
    return list(zip(sources.tolist(), ordinals.tolist(), strict=True))


STAGES = st.lists(st.tuples(st.integers(1, 40), WEIGHTS), min_size=1, max_size=5)


@given(STAGES, st.booleans())
def test_every_stage_draws_by_its_weights_and_ordinals_go_on(
    stages: list[tuple[int, Weights]], endless: bool
) -> None:
    total = sum(length for length, _ in stages)
    if endless:
        plan = _plan(*stages[:-1], (None, stages[-1][1]))
        total += 30
    else:
        plan = _plan(*stages)
    assert plan.num_positions == (None if endless else total)
    sequence = _located(plan, range(total))
    assert sequence == _naive(plan, total)
    assert [plan.position(*drawn) for drawn in sequence] == list(range(total))
    for number in {0, 1, total // 2, total}:
        drawn = Counter(source for source, _ in sequence[:number])
        assert plan.counts(number) == tuple(drawn[source] for source in range(3))


@given(STAGES)
def test_what_a_plan_never_draws_has_no_position(stages: list[tuple[int, Weights]]) -> None:
    plan = _plan(*stages)
    for source, count in enumerate(plan.counts(plan.num_positions or 0)):
        assert plan.position(source, count) is None
        assert plan.position(source, count + 7) is None
        assert plan.position(source, -1) is None


@given(STAGES, st.lists(st.tuples(st.integers(1, 40), WEIGHTS), max_size=3), st.data())
def test_appended_stages_go_on_without_loss_or_repeat(
    begun: list[tuple[int, Weights]], appended: list[tuple[int, Weights]], data: st.DataObject
) -> None:
    # The last stage of the first plan is without end; the second one ends it where the run
    # stands, and goes on with new stages.
    *before, (drawn, weights) = begun
    cursor = sum(length for length, _ in begun)
    first = _plan(*before, (None, weights))
    second = _plan(*before, (drawn, weights), *appended, (None, data.draw(WEIGHTS)))
    assert first.history(cursor) == second.history(cursor)
    assert _located(first, range(cursor)) == _located(second, range(cursor))
    sequence = _located(second, range(cursor + 200))
    for source in range(3):
        ordinals = [ordinal for drawn_from, ordinal in sequence if drawn_from == source]
        assert ordinals == list(range(len(ordinals)))


@given(STAGES, STAGES, st.integers(1, 120))
def test_equal_histories_draw_the_same(
    one: list[tuple[int, Weights]], other: list[tuple[int, Weights]], num_positions: int
) -> None:
    shared = one[: len(one) // 2]
    plans = [_plan(*shared, *rest, (None, (1, 1, 1))) for rest in (one, other)]
    if plans[0].history(num_positions) == plans[1].history(num_positions):
        positions = range(num_positions)
        assert _located(plans[0], positions) == _located(plans[1], positions)


def test_the_history_names_starts_and_weights_of_stages_begun() -> None:
    plan = _plan((10, (3, 0, 1)), (5, (0, 2, 0)), (None, (1, 1, 1)))
    first, second = [0, {"books": 3, "web": 1}], [10, {"code": 2}]
    assert plan.history(0) == []
    assert plan.history(10) == [first]
    assert plan.history(11) == [first, second]
    assert json.loads(json.dumps(plan.history(16))) == [
        first,
        second,
        [15, {"books": 1, "code": 1, "web": 1}],
    ]


def test_a_stage_of_equal_weights_begins_its_interleaving_anew() -> None:
    # At 2 to 1 a period is x y x. A stage of 4 ends within its second one with x, so that the
    # next stage, from the start again, goes on x y x: one plan of 7 would have y x x.
    one, two = _plan((7, (2, 1, 0))), _plan((4, (2, 1, 0)), (3, (2, 1, 0)))
    assert one.locate(range(7))[0].tolist() != two.locate(range(7))[0].tolist()
    assert one.history(7) != two.history(7)


def test_far_positions_cost_no_more() -> None:
    plan = _plan((10**14, (1, 2, 3)), (None, (0, 5, 1)))
    positions = np.array([10**14 - 1, 10**14, 10**15])
    found = zip(*(found.tolist() for found in plan.locate(positions)), strict=True)
    assert [plan.position(*drawn) for drawn in found] == positions.tolist()
    # After 10^14 positions a sixth, two and three; then 5 sixths of 6 x 10^12 from the second.
    assert plan.counts(6 * 10**12) == (10**12, 2 * 10**12, 3 * 10**12)
    assert plan.counts(10**14 + 6 * 10**12)[1] - plan.counts(10**14)[1] == 5 * 10**12


@pytest.mark.parametrize("position", [-1, 15])
def test_a_position_outside_of_the_plan_is_refused(position: int) -> None:
    plan = _plan((10, (3, 0, 1)), (5, (0, 2, 0)))
    with pytest.raises(IndexError, match=r"\[0, 15\)"):
        plan.locate([3, position])
    with pytest.raises(IndexError, match=r"\[0, 15\)"):
        plan.counts(16)


@pytest.mark.parametrize(
    "stages",
    [
        [],
        [SolvedStage(1, None, (1, 1, 1))],
        [SolvedStage(0, None, (1, 1))],
        [SolvedStage(0, 5, (1, 1, 1)), SolvedStage(6, None, (1, 1, 1))],
        [SolvedStage(0, None, (1, 1, 1)), SolvedStage(0, None, (1, 1, 1))],
    ],
    ids=["none", "late", "too few weights", "gap", "after the end"],
)
def test_stages_that_make_no_plan_are_refused(stages: list[SolvedStage]) -> None:
    with pytest.raises(ValueError, match=r"expected (a stage|stages)"):
        StagedMixture(SOURCES, stages)
