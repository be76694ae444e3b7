"""Each tutorial of docs/tutorials does what it says when its page is followed to the letter."""

import resource
from pathlib import Path

import pytest
from tutorial_page import File, missing_line, stated_seconds, steps
from tutorial_reader import Reader

PAGES = sorted((Path(__file__).parents[2] / "docs" / "tutorials").glob("*.md"))
CORES = 2  # of the laptop that pages speak of


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_commands_work_as_printed_in_the_time_that_it_says(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    before, reader = cpu_seconds(), Reader(folder)
    try:
        for step in steps(page):
            if isinstance(step, File):
                reader.save(step)
                continue
            printed = reader.type(step)
            missing = missing_line(printed, step.printed)
            assert missing is None, f"{step.text}\nexpected: {missing}\nprinted:\n{printed}"
    finally:
        reader.leave()
    # Of the clock here only the part that this test's own work took says something.
    assert cpu_seconds() - before < CORES * stated_seconds(page)
