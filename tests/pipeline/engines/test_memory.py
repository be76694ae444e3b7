"""What a build may take of this computer's memory."""

import os

import pytest

from haybale.corpus.errors import RecipeError
from haybale.pipeline import runners
from haybale.pipeline.engines.memory import (
    IDLE_BYTES,
    WORKER_BYTES,
    default_bytes,
    least_bytes,
    machine_bytes,
)
from haybale.pipeline.runners import Engine

WHOLE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def limit(tmp_path, groups, files):
    """`machine_bytes` where these groups and limits are."""
    (tmp_path / "cgroup").write_text(groups)
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    roots = str(tmp_path / "two"), str(tmp_path / "one")
    return machine_bytes(str(tmp_path / "cgroup"), roots)


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("0::/job/7\n", {"two/job/7/memory.max": "1000\n"}, 1000),
        ("0::/job/7\n", {"two/job/7/memory.max": "max\n", "two/job/memory.max": "900\n"}, 900),
        ("0::/\n", {"two/memory.max": "max\n"}, WHOLE),
        ("4:memory:/a\n0::/\n", {"one/a/memory.limit_in_bytes": "800\n"}, 800),
        # A container sees its own group as the root, though its name says otherwise.
        ("4:cpu,memory:/docker/x\n", {"one/memory.limit_in_bytes": "700\n"}, 700),
        ("4:memory:/\n", {"one/memory.limit_in_bytes": "9223372036854771712\n"}, WHOLE),
        ("", {}, WHOLE),
    ],
)
def test_the_least_of_machine_and_control_groups_counts(tmp_path, groups, files, expected):
    assert limit(tmp_path, groups, files) == expected


def test_without_a_bound_three_quarters_of_the_machine_are_planned_with():
    assert default_bytes() == machine_bytes() * 3 // 4
    assert Engine().memory_bytes == default_bytes()


def test_processes_beside_the_driver_leave_it_less():
    given = 6 << 30
    assert Engine(1, (), given).memory_bytes == given
    assert Engine(3, (), given).memory_bytes == given - 3 * WORKER_BYTES
    assert Engine(3, (), given).shuffle_bytes < Engine(1, (), given).shuffle_bytes


def test_a_single_process_beside_the_driver_leaves_it_less_too_but_never_too_little():
    given = 6 << 30
    assert Engine(1, (), given, isolated=True).memory_bytes == given - WORKER_BYTES
    assert Engine(3, (), given, isolated=True).memory_bytes == given - 3 * WORKER_BYTES
    # 600 MiB are less than the process beside takes; a driver shuffles with what exceeds 400 MiB.
    small = Engine(1, (), 600 << 20, isolated=True)
    assert (small.memory_bytes, small.shuffle_bytes) == (500 << 20, (100 << 20) // 9)


def test_memory_that_cannot_hold_the_workers_is_refused():
    least = least_bytes(4)
    assert least == IDLE_BYTES * 5 // 4 + 4 * WORKER_BYTES
    Engine(4, (), least)
    # 500 + 4 * 1024 = 4596 MiB.
    found = "--max-memory: expected at least 4596 MiB for --workers 4, found 2048 MiB"
    with pytest.raises(RecipeError, match=found):
        Engine(4, (), 2 << 30)


def test_too_many_workers_are_told_how_many_fit(monkeypatch):
    monkeypatch.setattr(runners, "default_bytes", lambda: 6000 << 20)
    # 6000 - 500 = 5500 MiB hold 5 of 1024 MiB.
    with pytest.raises(RecipeError, match=r"^--workers 50: at most 5 workers fit into 6000 MiB"):
        Engine(50)
    with pytest.raises(RecipeError, match=r"found 2048 MiB; at most 1 worker fits$"):
        Engine(4, (), 2 << 30)  # one is the driver itself; 2048 - 500 MiB hold no second


def test_a_computer_that_holds_no_build_is_told_so(monkeypatch):
    monkeypatch.setattr(runners, "default_bytes", lambda: 300 << 20)
    with pytest.raises(RecipeError, match=r"^a build takes at least 500 MiB .* 300 MiB"):
        Engine(1)
