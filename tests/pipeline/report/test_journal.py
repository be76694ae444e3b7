import json
import re
import threading
import time

import pytest

from haybale.corpus.errors import StorageError
from haybale.corpus.storage import Folder
from haybale.pipeline import progress
from haybale.pipeline.progress import Progress
from haybale.pipeline.report import journal as journals
from haybale.pipeline.report.event_log import EventLog
from haybale.pipeline.report.journal import RunJournal
from haybale.pipeline.report.runs import FAILED, FINISHED, RUNNING, RunRecord, read_runs


def begun(folder, log_copy=None):
    """A journal of a first run in this folder, begun."""
    record = RunRecord(
        number=1,
        begun="2030-01-01T00:00:00+00:00",
        updated="2030-01-01T00:00:00+00:00",
        build={"name": "small", "stages": ["ingest", "document"]},
        engine={"runner": "FnApiRunner"},
        command="haybale build recipe.toml --output out",
        machine={"host": "here"},
        process=1,
    )
    journal = RunJournal(folder, record, EventLog(folder, record.log_path, log_copy))
    journal.begin()
    return journal


def on_storage(folder):
    (record,) = read_runs(folder, folder.list("run"))
    return record


def test_what_was_done_is_on_storage_when_the_run_ends(tmp_path):
    folder = Folder(str(tmp_path / "out"))
    journal = begun(folder)
    journal.enter_stage("ingest")
    with journal.step("ingest", 4, 1) as step:
        step.num_done, step.shuffled_bytes = 4, 160
    journal.enter_stage("document")
    journal.end(FINISHED)
    record = on_storage(folder)
    assert record == journal.record
    assert [stage.name for stage in record.stages] == ["ingest", "document"]
    (step,) = record.steps
    assert (step.name, step.stage, step.state) == ("ingest", "ingest", FINISHED)
    assert (step.num_units, step.num_reused, step.num_done) == (4, 1, 4)
    assert step.shuffled_bytes == 160
    assert record.seconds >= sum(stage.seconds for stage in record.stages)


def test_a_killed_run_has_left_signs_of_life(tmp_path, monkeypatch):
    beaten = threading.Event()
    commit = Folder.commit_bytes

    def noted(self, name, data):
        record = commit(self, name, data)
        if b'"num_done":3' in data.replace(b" ", b""):
            beaten.set()
        return record

    monkeypatch.setattr(journals, "LOCAL_BEAT_SECONDS", 0.02)
    monkeypatch.setattr(Folder, "commit_bytes", noted)
    folder = Folder(str(tmp_path / "out"))
    journal = begun(folder)
    journal.enter_stage("ingest")
    with journal.step("ingest", 4, 0) as step:
        step.num_done = 3
        assert beaten.wait(10)
        record = on_storage(folder)  # as a kill would leave it
        assert record.state == RUNNING
        assert (record.steps[0].state, record.steps[0].num_done) == (RUNNING, 3)
        assert record.seconds >= record.steps[0].seconds > 0
    journal.end(FINISHED)


def test_a_step_is_on_storage_before_its_first_unit(tmp_path):
    folder = Folder(str(tmp_path / "out"))
    journal = begun(folder)
    journal.enter_stage("deduplicate")
    with journal.step("repeats/anchors", 4, 0):
        (step,) = on_storage(folder).steps  # as a kill would leave it, long before a sign of life
        assert (step.name, step.stage) == ("repeats/anchors", "deduplicate")
    journal.end(FINISHED)


def test_progress_lines_tell_what_the_whole_build_has_left(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0.02)
    shown, journal = Progress(), begun(Folder(str(tmp_path / "out")))
    monkeypatch.setattr(journal, "seconds_left", lambda step: 100 * step)
    counts = iter([0, *[1] * 1000])
    with shown.recorded(journal), shown.watch("ingest", lambda: (next(counts), 2)):
        time.sleep(0.1)
    journal.end(FINISHED)
    line = capsys.readouterr().err.splitlines()[0]
    expected = r"ingest: 1 of 2 parts, .* s, about (.*) s left; the whole build roughly (.*) s"
    step, whole = map(float, re.fullmatch(expected, line).groups())
    assert 50 * step <= whole <= 100 * (step + 0.1)  # but for rounding
    assert [step.name for step in journal.record.steps] == ["ingest"]


def test_a_step_that_raises_has_failed(tmp_path):
    folder = Folder(str(tmp_path / "out"))
    journal = begun(folder)
    with pytest.raises(ValueError, match="boom"), journal.step("ingest", 4, 0):
        raise ValueError("boom")
    journal.end(FAILED, {"type": "ValueError", "message": ""})
    record = on_storage(folder)
    assert record.steps[0].state == FAILED
    assert record.error == {"type": "ValueError", "message": ""}
    assert record.events["step_failed"] == 1


def test_events_are_counted_by_run_and_by_the_innermost_step(tmp_path):
    journal = begun(Folder(str(tmp_path / "out")))
    with journal.step("tokenizer", 1, 0) as outer:
        with journal.step("tokenizer-sample", 3, 0) as inner:
            journal.event("unit_retried", "warning", unit="web/00000")
            journal.event("unit_retried", "warning", unit="web/00001")
        journal.event("unit_retried", "warning", unit="model")
    journal.end(FINISHED)
    assert inner.events["unit_retried"] == 2
    assert outer.events["unit_retried"] == 1
    assert journal.record.events["unit_retried"] == 3


def test_the_log_tells_in_order_where_what_happened(tmp_path):
    folder, copy = Folder(str(tmp_path / "out")), tmp_path / "logs" / "copy.jsonl"
    journal = begun(folder, copy)
    journal.enter_stage("ingest")
    with journal.step("ingest", 4, 1):
        journal.event("process_died", "warning", signal="SIGKILL")
    journal.end(FINISHED)
    text = copy.read_text()
    assert folder.read(journal.record.log_path).decode() == text
    events = [json.loads(line) for line in text.splitlines()]
    names = [event["event"] for event in events]
    assert names == [
        "run_started",
        "stage_started",
        "step_started",
        "process_died",
        "step_finished",
        "stage_ended",
        "run_ended",
    ]
    died = events[3]
    assert died.pop("time").endswith("+00:00")
    assert died == {
        "level": "warning",
        "event": "process_died",
        "run": 1,
        "stage": "ingest",
        "step": "ingest",
        "signal": "SIGKILL",
    }


def test_a_log_in_an_object_store_is_one_object_written_again(tmp_path):
    folder, name = Folder(str(tmp_path / "out")), "run/runs/0001.log.jsonl"
    store = _Store(folder)
    log = EventLog(store, name)
    log.write("run_started", "info", {})
    assert not folder.exists(name)
    log.flush()
    log.write("run_ended", "info", {})
    log.flush()
    log.flush()  # nothing new: nothing is written
    assert [event["event"] for event in map(json.loads, folder.read(name).splitlines())] == [
        "run_started",
        "run_ended",
    ]
    assert store.num_commits == 2


class _Store:
    """A folder that says that it is none of this computer's."""

    is_local = False

    def __init__(self, folder):
        self._folder = folder
        self.num_commits = 0

    def commit_bytes(self, name, data):
        self.num_commits += 1
        return self._folder.commit_bytes(name, data)


def test_a_store_that_fails_ends_no_build_for_want_of_a_record(tmp_path, monkeypatch):
    journal = begun(Folder(str(tmp_path / "out")))

    def full(self, name, data):
        raise StorageError("no space left")

    monkeypatch.setattr(Folder, "commit_bytes", full)
    with journal.step("ingest", 1, 0) as step:
        journal.leave()
    journal.end(FINISHED)
    assert step.state == FINISHED
