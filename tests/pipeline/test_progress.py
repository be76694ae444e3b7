import time

from haybale.pipeline import progress
from haybale.pipeline.progress import Progress


def test_without_a_terminal_progress_comes_in_plain_lines(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0.02)
    with Progress().watch("ingest", lambda: (1, 4)):
        time.sleep(0.2)
    lines = capsys.readouterr().err.splitlines()
    assert lines
    assert all(line.startswith("ingest: 1 of 4 parts, 0 s, about") for line in lines)


def test_quiet_means_quiet(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0.02)
    shown = Progress(quiet=True)
    with shown.watch("ingest", lambda: (0, 4)):
        time.sleep(0.1)
    shown.line("more")
    assert capsys.readouterr().err == ""
