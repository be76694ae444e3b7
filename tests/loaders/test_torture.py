"""The torture program's schedules, some dozens of them, and that they notice what goes wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from torture_counting import Counting
from torture_loader import SOURCES, make_corpora
from torture_schedule import Schedule

from haybale.loaders import batches
from haybale.loaders.position.position import Position

NUM_DROPPED = 24
NUM_KILLED = 2


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make_corpora(tmp_path_factory.mktemp("torture"))


@pytest.fixture(autouse=True)
def _small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Schedules set the sizes of groups and plans; the other tests have theirs."""
    for name in ("GROUP_TOKENS", "_PLANNED_SAMPLES"):
        monkeypatch.setattr(batches, name, getattr(batches, name))


@pytest.mark.parametrize("first_seed", range(0, NUM_DROPPED, 8))
def test_no_schedule_of_deaths_loses_or_repeats_a_sample(
    corpora: list[Path], first_seed: int
) -> None:
    num_samples = 0
    for seed in range(first_seed, first_seed + 8):
        schedule = Schedule(seed, corpora, SOURCES, real=False)
        schedule.run()
        num_samples += schedule.num_samples
    assert num_samples > 500


@pytest.mark.parametrize("seed", range(NUM_KILLED))
def test_no_kill_of_processes_loses_or_repeats_a_sample(corpora: list[Path], seed: int) -> None:
    schedule = Schedule(seed, corpora, SOURCES, real=True)
    schedule.run()
    assert schedule.deaths >= 2


def test_a_position_that_is_a_sample_off_is_noticed(
    corpora: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Position.load

    def ahead(position: Position, state: Mapping[str, Any]) -> None:
        honest(position, state)
        position.cursor += 1

    monkeypatch.setattr(Position, "load", ahead)
    # Those in which every life starts anew, for want of a checkpoint, have nothing to notice.
    assert sum(fails(Schedule(seed, corpora, SOURCES, real=False)) for seed in range(10)) >= 5


def fails(schedule: Schedule) -> bool:
    try:
        schedule.run()
    except AssertionError:
        return True
    return False


def test_steps_are_counted_through_passes_and_skips() -> None:
    counting = Counting(pass_samples=10)
    counting.take(4)
    # After 4, the steps take 4 to 7; then 2 are left of the pass and dropped, so 10 to 13.
    counting.skip(4, 1, 2)
    counting.take(4)
    counting.take(4)
    # Skipped were 10 to 13, so the eleventh that is left is 14.
    assert counting.taken == [0, 1, 2, 3, 4, 5, 6, 7, 14, 15, 16, 17]
    assert (counting.steps, counting.handed_out) == (3, 14)
