import pytest

from haybale.corpus.storage import Folder
from haybale.pipeline.report import work
from haybale.pipeline.report.amounts import duration, size
from haybale.pipeline.report.work import Rate, UnitCount, Work


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set."""
    now = [100.0]
    monkeypatch.setattr(work.time, "monotonic", lambda: now[0])
    return now


def test_time_left_follows_from_bytes_not_from_parts(clock):
    rate = Rate(Work(0, 3, 0, 100_000_000))
    clock[0] += 10
    # One part of three, but nine tenths of the bytes, took 10 s: a ninth of that is left.
    done = Work(1, 3, 90_000_000, 100_000_000)
    assert rate.seconds_left(done) == pytest.approx(10 / 9)
    assert rate.text(done) == "1 of 3 parts, 9.0 MB/s, 10 s, about 1.1 s left"


def test_what_was_done_before_is_no_part_of_the_rate(clock):
    rate = Rate(Work(50, 100))
    clock[0] += 30
    # 10 units in 30 s, 40 are left: 120 s. By all 60 it would be 20 s.
    assert rate.seconds_left(Work(60, 100)) == 120

    # The same in bytes: 10 MB in 30 s, 40 MB are left.
    rate = Rate(Work(1, 3, 50_000_000, 100_000_000))
    clock[0] += 30
    assert rate.seconds_left(Work(2, 3, 60_000_000, 100_000_000)) == 120


def test_before_anything_is_done_there_is_no_estimate(clock):
    rate = Rate(Work(5, 10))
    clock[0] += 30
    assert rate.seconds_left(Work(5, 10)) is None
    assert rate.text(Work(5, 10)) == "5 of 10 parts, 30 s"


def test_a_single_unit_is_not_counted(clock):
    rate = Rate(Work(0, 1))
    clock[0] += 75
    assert rate.text(Work(0, 1)) == "1 min 15 s"


def test_units_stand_for_the_bytes_of_their_parts(tmp_path):
    folder = Folder(str(tmp_path))
    folder.commit_bytes("run/ingest/web/00001.json", b"{}")
    folder.commit_bytes("run/ingest/web/00001.npy", b"of the same unit")
    sizes = {"web/00000": 70, "web/00001": 30}
    assert UnitCount(folder, "ingest", 2, sizes)() == Work(1, 2, 30, 100)


def test_units_that_are_no_parts_are_counted_alone(tmp_path):
    folder = Folder(str(tmp_path))
    folder.commit_bytes("run/exact/00001.json", b"{}")
    sizes = {"web/00000": 70, "web/00001": 30}
    assert UnitCount(folder, "exact", 2, sizes)() == Work(1, 2)
    assert UnitCount(folder, "ingest", 3, sizes)() == Work(0, 3)


def test_an_object_store_is_listed_every_fifteen_seconds_at_most(tmp_path, clock):
    folder, store = Folder(str(tmp_path)), Folder(str(tmp_path))
    store.is_local = False
    count = UnitCount(store, "exact", 2, {})
    assert count().units == 0
    folder.commit_bytes("run/exact/00001.json", b"{}")
    clock[0] += 14.9
    assert count().units == 0
    clock[0] += 0.1
    assert count().units == 1
    folder.commit_bytes("run/exact/00002.json", b"{}")
    count.forget()
    assert count().units == 2


def test_times_and_sizes_are_for_people():
    assert [duration(at) for at in (0.41, 9.94, 9.96, 59.4, 59.6, 725, 3599.7, 12_000)] == [
        "0.4 s",
        "9.9 s",
        "10 s",
        "59 s",
        "1 min 00 s",
        "12 min 05 s",
        "1 h 00 min",
        "3 h 20 min",
    ]
    assert [size(at) for at in (230_000, 340_000_000, 1_250_000_000)] == [
        "0.2 MB",
        "340 MB",
        "1.25 GB",
    ]
