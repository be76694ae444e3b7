import contextlib
import re
import time

from haybale.pipeline import progress
from haybale.pipeline.progress import Progress
from haybale.pipeline.report import work


def test_without_a_terminal_progress_comes_in_plain_lines(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0.02)
    counts = iter([1, *[2] * 1000])
    with Progress().watch("ingest", lambda: (next(counts), 4)):
        time.sleep(0.2)
    lines = capsys.readouterr().err.splitlines()
    assert lines
    # One part was done here and two are left: twice the time, to the rounding of a tenth.
    for line in lines:
        expected = r"ingest: 2 of 4 parts, (\d+\.\d) s, about (\d+\.\d) s left"
        seconds, left = map(float, re.fullmatch(expected, line).groups())
        assert abs(left - 2 * seconds) < 0.16


def test_what_an_earlier_run_has_done_says_nothing_of_the_time_left(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0.02)
    with Progress().watch("ingest", lambda: (3, 4)):
        time.sleep(0.1)
    lines = capsys.readouterr().err.splitlines()
    assert lines
    assert all(re.fullmatch(r"ingest: 3 of 4 parts, \d+\.\d s", line) for line in lines)


def test_a_step_that_took_long_leaves_one_line(capsys, monkeypatch):
    monkeypatch.setattr(progress, "LASTING_SECONDS", 0.05)
    counts = iter([work.Work(1, 3, 10**6, 3 * 10**6), work.Work(3, 3, 3 * 10**6, 3 * 10**6)])
    with Progress().watch("ingest", lambda: next(counts)):
        time.sleep(0.1)
    (line,) = capsys.readouterr().err.splitlines()
    # Of three parts two were done here: 2 MB in 0.1 s or more, so 20 MB/s or less.
    (speed,) = re.fullmatch(r"ingest: 2 parts in \d+\.\d s, (\d+\.\d) MB/s", line).groups()
    assert 0 < float(speed) <= 20


def test_a_step_that_took_no_time_leaves_none(capsys):
    with Progress().watch("ingest", lambda: (1, 1)):
        pass
    assert capsys.readouterr().err == ""


def test_long_lines_are_not_broken_where_there_is_no_terminal(capsys):
    Progress().line("word " * 60)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_quiet_means_quiet(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0.02)
    shown = Progress(quiet=True)
    with shown.watch("ingest", lambda: (0, 4)):
        time.sleep(0.1)
    shown.line("more")
    shown.event("unit_retried", unit="web/00000")
    assert capsys.readouterr().err == ""


def test_a_build_is_never_said_to_have_no_time_left(capsys, monkeypatch):
    class Journal:
        def seconds_left(self, step_seconds_left):
            return 0.04

        def step(self, *_):
            return contextlib.nullcontext()

    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0.02)
    shown = Progress()
    with shown.recorded(Journal()), shown.watch("tokenizer"):
        time.sleep(0.1)
    lines = capsys.readouterr().err.splitlines()
    assert lines
    assert not any("whole build" in line for line in lines)
