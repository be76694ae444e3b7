"""Steps beside a plain count of who is handed what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus.errors import CheckpointMismatchError, RecipeError
from haybale.loaders.position.steps import MAX_SEGMENTS, Segment, Steps


def _cursors(first: int, size: int, in_pass: int, count: int) -> list[int]:
    """Where the next steps begin, one after the other: no step crosses the end of a pass."""
    cursors, cursor = [], first
    while len(cursors) < count:
        end = (cursor // in_pass + 1) * in_pass
        if cursor + size > end:
            cursor = end
            continue
        cursors.append(cursor)
        cursor += size
    return cursors


@given(st.lists(st.tuples(st.integers(1, 7), st.integers(7, 30), st.integers(1, 12)), min_size=1))
def test_every_sample_belongs_to_the_step_that_hands_it_out(
    runs: list[tuple[int, int, int]],
) -> None:
    runs = runs[:MAX_SEGMENTS]
    cursor = step = 0
    steps, taken, dropped = None, {}, set()
    for size, in_pass, count in runs:
        cursor = _cursors(cursor, size, in_pass, 1)[0] if steps else cursor
        steps = (steps or Steps([Segment(0, 0, size, in_pass)])).going_on(
            step, cursor, size, in_pass
        )
        for begin in _cursors(cursor, size, in_pass, count):
            dropped |= set(range(cursor, begin))
            taken |= dict.fromkeys(range(begin, begin + size), step)
            assert steps.cursor(step) == begin
            cursor, step = begin + size, step + 1
    assert steps is not None
    for sample, by in taken.items():
        assert steps.step_at(sample) == by
    for sample in dropped - set(taken):
        assert steps.step_at(sample) is None
    again = Steps.from_json(steps.as_json())
    assert again.segments == steps.segments


def test_what_is_dropped_when_a_pass_has_no_step_left_belongs_to_none() -> None:
    # A pass of 10: step 0 takes 4; then steps of 8, so 4 to 9 are dropped and step 1 begins at 10.
    steps = Steps([Segment(0, 0, 4, 10)]).going_on(1, 10, 8, 10)
    assert [steps.step_at(sample) for sample in (3, 4, 7, 9, 10)] == [0, None, None, None, 1]


def test_going_on_with_the_same_size_adds_no_segment() -> None:
    steps = Steps([Segment(0, 0, 4, 100)])
    assert steps.going_on(5, 20, 4, 100) is steps
    assert [s.step for s in steps.going_on(5, 20, 8, 100).segments] == [0, 5]
    # Back to step 3 with another size: what came after step 3 is forgotten.
    later = steps.going_on(5, 20, 8, 100).going_on(3, 12, 2, 100)
    assert [(s.step, s.cursor, s.step_samples) for s in later.segments] == [(0, 0, 4), (3, 12, 2)]


def test_old_segments_are_forgotten_and_said_so() -> None:
    steps = Steps([Segment(0, 0, 1, 10**6)])
    for change in range(1, MAX_SEGMENTS + 3):
        steps = steps.going_on(10 * change, steps.cursor(10 * change), 1 + change, 10**6)
    assert len(steps.segments) == MAX_SEGMENTS
    first = steps.segments[0].step
    with pytest.raises(RecipeError, match=f"step 2: this position remembers steps from {first} on"):
        steps.cursor(2)


@pytest.mark.parametrize("raw", [None, [], [[1, 2]], [[0, 0, 0, 5]], [[0, 0, 6, 5]], "steps", [3]])
def test_damaged_steps_are_refused(raw: object) -> None:
    with pytest.raises(CheckpointMismatchError, match="expected steps as lists of four numbers"):
        Steps.from_json(raw)
