"""Builds record their runs: small ones, mostly of the first stage alone."""

import json
import shutil

import pytest

from haybale.corpus.errors import CorruptInputError
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.jobs import ingest as ingest_job
from haybale.pipeline.progress import Progress
from haybale.pipeline.report.reading import collect
from haybale.pipeline.report.recording import settle
from haybale.pipeline.report.state import state_of
from haybale.pipeline.stages import STAGES


def ingest(recipe, output, **options):
    build(recipe, str(output), last_stage="ingest", progress=Progress(quiet=True), **options)


def outside_run(output):
    return {
        str(path.relative_to(output)): path.read_bytes()
        for path in output.rglob("*")
        if path.is_file() and path.relative_to(output).parts[0] != "run"
    }


def test_a_finished_build_leaves_a_report_of_every_stage_and_step(undisturbed):
    report = json.loads((undisturbed / "run" / "report.json").read_text())
    assert report["finished"]
    assert [stage["name"] for stage in report["stages"]] == list(STAGES)
    steps = {step["name"]: step for stage in report["stages"] for step in stage["steps"]}
    assert all(step["finished"] for step in steps.values())
    assert all(step["wall_seconds"] is not None for step in steps.values())
    # `make_input` writes 47 + 22 documents.
    assert steps["ingest"]["outcomes"]["read"]["documents"] == 69
    num_parts = len(list((undisturbed / "documents").rglob("*.arrow")))
    assert (steps["ingest"]["units"], steps["ingest"]["units_done"]) == (num_parts, num_parts)
    # Every document crosses the shuffle by digest once: 67 rows of digest, id, rank and address.
    assert steps["deduplicate/exact-text"]["shuffled_bytes"] >= 67 * 16
    assert report["totals"]["units_reused"] == 0
    assert report["totals"]["wall_seconds"] >= sum(
        stage["wall_seconds"] for stage in report["stages"]
    )
    text = (undisturbed / "run" / "report.txt").read_text()
    assert all(f"\n  {name} " in text for name in steps)


def test_bytes_read_and_written_are_those_of_the_files(recipe, tmp_path):
    output = tmp_path / "out"
    ingest(recipe, output)
    (step,) = json.loads((output / "run" / "report.json").read_text())["stages"][0]["steps"]
    in_bytes = sum(path.stat().st_size for path in tmp_path.rglob("*.jsonl"))
    units = [json.loads(path.read_text()) for path in (output / "run" / "ingest").rglob("*.json")]
    out_bytes = sum(file["bytes"] for unit in units for file in unit["files"])
    # The mark of an attempt, a few bytes, comes on top; the unit's own record does not.
    assert out_bytes <= step["written_bytes"] <= out_bytes + 10 * len(units)
    # Reading the plan comes on top, and whatever a reader looks at twice.
    assert step["read_bytes"] >= in_bytes


def test_a_build_that_failed_says_so_and_its_next_run_adds_up(recipe, tmp_path, monkeypatch):
    output = tmp_path / "out"
    check = ingest_job._report_input

    def fails(context, step):
        raise CorruptInputError("web/a.jsonl", 7, "boom")

    monkeypatch.setattr(ingest_job, "_report_input", fails)
    with pytest.raises(CorruptInputError):
        ingest(recipe, output)
    folder = Folder(str(output))
    found = state_of(collect(folder))
    assert (found.name, found.reason.partition(":")[0]) == ("failed", "CorruptInputError")
    assert "boom" in found.reason
    assert found.command == f"haybale build {recipe} --output {output}"
    first = json.loads((output / "run" / "report.json").read_text())

    monkeypatch.setattr(ingest_job, "_report_input", check)
    (output / "run" / "ingest.json").unlink()
    units = sorted((output / "run" / "ingest").rglob("*.json"))
    units[1].unlink()  # as if it had been cut short
    ingest(recipe, output)
    second = json.loads((output / "run" / "report.json").read_text())
    assert [run["state"] for run in second["runs"]] == ["failed", "stopped"]
    assert second["totals"]["units_reused"] == len(units) - 1
    assert second["totals"]["units_done"] == len(units)
    seconds = sum(run["seconds"] for run in second["runs"])
    assert second["totals"]["wall_seconds"] == pytest.approx(seconds)
    assert seconds > first["totals"]["wall_seconds"]
    found = state_of(collect(folder))
    assert (found.name, found.reason) == ("stopped", "as asked, after stage ingest")


def test_an_interrupted_build_says_so(recipe, tmp_path, monkeypatch):
    output = tmp_path / "out"

    def interrupted(context, step):
        raise KeyboardInterrupt

    monkeypatch.setattr(ingest_job, "_report_input", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ingest(recipe, output)
    assert state_of(collect(Folder(str(output)))).name == "interrupted"


def test_neither_log_nor_records_reach_the_corpus(recipe, tmp_path):
    logged, silent = tmp_path / "logged", tmp_path / "silent"
    ingest(recipe, logged, log=tmp_path / "log.jsonl")
    ingest(recipe, silent)
    assert outside_run(logged) == outside_run(silent)
    assert (tmp_path / "log.jsonl").read_bytes()


def test_no_text_of_a_document_and_no_secret_of_a_variable_is_logged(recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    unseen = {"text": "Xanthippe wrote this alone."}
    broken = '{"text": "Xanthippe broke this '
    with (tmp_path / "web" / "a.jsonl").open("a") as file:
        file.write(json.dumps(unseen) + "\n" + broken + "\n")
    ingest(recipe, tmp_path / "out", overrides=("ingest.max_unreadable_fraction=0.5",))
    runs = tmp_path / "out" / "run" / "runs"
    written = b"".join(path.read_bytes() for path in runs.iterdir())
    written += (tmp_path / "out" / "run" / "report.json").read_bytes()
    assert b"run_started" in written
    assert b"Xanthippe" not in written
    assert b"wJalrXUtnFEMI" not in written


def test_a_corpus_whose_build_was_killed_before_its_report_gets_one(
    recipe, undisturbed, tmp_path, monkeypatch
):
    output = tmp_path / "out"
    shutil.copytree(undisturbed, output)
    for name in ("report.json", "report.txt"):
        (output / "run" / name).unlink()
    run = output / "run/runs/0001.json"
    run.write_text(run.read_text().replace('"finished"', '"running"'))
    settle(Folder(str(output)))
    assert json.loads((output / "run/report.json").read_text())["finished"]
    assert '"killed"' in run.read_text()
