import json

import pytest

from haybale.cli import main, status


@pytest.fixture
def stopped(tmp_path, capsys):
    """A build that was to stop after its first stage."""
    rows = [{"text": f"Bale {number} of hay is in the barn."} for number in range(5)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        """
name = "hay"
[[subsets]]
name = "barn"
paths = ["a.jsonl"]
[ingest]
identify_language = false
[tokenizer]
train = { vocabulary_size = 290 }
"""
    )
    output = tmp_path / "out"
    arguments = ["build", str(recipe), "--output", str(output), "--quiet", "--stage", "ingest"]
    assert main([*arguments, "--log", str(tmp_path / "log.jsonl")]) == 0
    capsys.readouterr()
    return output


def said(capsys, *arguments):
    code = main(["status", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_stopped_build_is_told_stage_by_stage_with_the_command_that_goes_on(stopped, capsys):
    code, out, _ = said(capsys, stopped)
    assert code == 0
    first, *_, last = out.splitlines()
    assert first == f"{stopped} (hay): stopped, as asked, after stage ingest"
    assert "documents, ingest: 5 read, 5 kept" in out
    assert last == f"go on with: haybale build {stopped.parent / 'recipe.toml'} --output {stopped}"


def test_json_holds_the_state_and_the_report(stopped, capsys):
    code, out, _ = said(capsys, stopped, "--json")
    found = json.loads(out)
    assert code == 0
    assert found["state"]["name"] == "stopped"
    report = json.loads((stopped / "run" / "report.json").read_text())
    assert {name: found[name] for name in report} == report


def test_the_report_is_the_one_that_the_build_left(stopped, capsys):
    _, out, _ = said(capsys, stopped, "--report")
    assert out == (stopped / "run" / "report.txt").read_text()


def test_it_reads_only(stopped, capsys):
    def files():
        return {
            path: path.stat().st_mtime_ns for path in stopped.parent.rglob("*") if path.is_file()
        }

    before = files()
    said(capsys, stopped)
    assert files() == before


def test_the_log_was_written_where_it_was_asked_for(stopped):
    lines = (stopped.parent / "log.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert [events[0]["event"], events[-1]["event"]] == ["run_started", "run_ended"]


def test_watching_ends_with_the_build(stopped, capsys, monkeypatch):
    record = stopped / "run" / "runs" / "0001.json"
    ended = record.read_text()
    at_work = json.loads(ended)
    at_work["state"] = "running"
    at_work["machine"]["host"] = "elsewhere"
    record.write_text(json.dumps(at_work))
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        record.write_text(ended)

    monkeypatch.setattr(status.time, "sleep", sleep)
    code, out, _ = said(capsys, stopped, "--watch")
    assert code == 0
    assert slept == [5.0]
    states = [line.split(": ")[1].split(",")[0] for line in out.splitlines() if "(hay)" in line]
    assert states == ["running", "stopped"]


def test_a_folder_that_is_no_build_is_the_users_mistake(tmp_path, capsys):
    code, out, err = said(capsys, tmp_path)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "expected a folder that haybale build writes" in err
