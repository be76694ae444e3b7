import json

import pytest

from haybale.corpus.errors import RecipeError
from haybale.corpus.ledger import Amount, Ledger
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.report import reading, state
from haybale.pipeline.report.reading import collect
from haybale.pipeline.report.runs import (
    FAILED,
    KILLED,
    RUNNING,
    STOPPED,
    RunRecord,
    StageRun,
    StepRun,
)
from haybale.pipeline.report.state import check_build, state_of
from haybale.pipeline.report.text import report_text, status_table
from haybale.pipeline.units.steps import Step, UnitResult, do_unit, finish


def do(folder, step, unit, read=0, kept=0, **timing):
    """Finish a unit that read and kept so many documents; its measured times are replaced."""
    ledger = Ledger()
    if read:
        ledger.add("ingest", "web", "read", Amount(read, 10 * read))
        ledger.add("ingest", "web", "kept", Amount(kept, 10 * kept))
        ledger.add("ingest", "web", "hit", Amount(read, 10 * read), rule="none of the sum")
    do_unit(folder, step, unit, lambda: UnitResult(ledger=ledger))
    record = json.loads(folder.read(step.unit_path(unit)))
    record["timing"] = timing
    folder.commit_bytes(step.unit_path(unit), json.dumps(record).encode())


def leave_run(folder, number, **values):
    record = RunRecord(
        number=number,
        begun="2030-01-01T00:00:00+00:00",
        updated="2030-01-01T00:01:00+00:00",
        build={"name": "small"},
        engine={"runner": "FnApiRunner", "description": "FnApiRunner, 1 worker"},
        command="haybale build recipe.toml --output out",
        machine={
            "host": "elsewhere",
            "cores": 2,
            "memory_bytes": 8 * 10**9,
            "python": "3.11.7",
            "versions": {"haybale": "1"},
        },
        process=1,
    )
    for name, value in values.items():
        setattr(record, name, value)
    folder.commit_bytes(record.path, json.dumps(record.as_json()).encode())


@pytest.fixture
def folder(tmp_path):
    folder = Folder(str(tmp_path / "out"))
    folder.commit_bytes("run/plan.json", b"{}")
    return folder


@pytest.fixture
def stopped(folder):
    """Two runs: the first did one of three units of ingest, the second two, and a unit after."""
    ingest, exact = Step("ingest", "a"), Step("deduplicate/exact-text", "b")
    do(folder, ingest, "web/00000", 10, 6, cpu_seconds=1.5, peak_memory_bytes=700, read_bytes=9)
    do(folder, ingest, "web/00001", 20, 9, cpu_seconds=2.0, peak_memory_bytes=900, read_bytes=5)
    do(folder, ingest, "web/00002", 5, 5, cpu_seconds=0.5, peak_memory_bytes=100, read_bytes=1)
    finish(folder, ingest)
    do(folder, exact, "00000", cpu_seconds=4.0, peak_memory_bytes=50, cpu_seconds_sort=3.0)
    leave_run(
        folder,
        1,
        state="interrupted",
        seconds=60.0,
        stages=[StageRun("ingest", 0.0, 50.0, 45.0)],
        steps=[StepRun("ingest", "ingest", 3, 0, 0.0, 1, 40.0, 30.0, 0, FAILED, {"x_lost": 1})],
    )
    leave_run(
        folder,
        2,
        state="failed",
        error={"type": "HaybaleError", "message": "boom"},
        seconds=30.0,
        stages=[StageRun("ingest", 0.0, 12.0, 8.0), StageRun("deduplicate", 12.0, 15.0, 9.0)],
        steps=[
            StepRun("ingest", "ingest", 3, 1, 0.0, 3, 10.0, 7.0, 0, "finished"),
            StepRun(
                "deduplicate/exact-text",
                "deduplicate",
                4,
                0,
                12.0,
                1,
                14.0,
                8.0,
                320,
                FAILED,
                {"unit_retried": 2},
            ),
        ],
    )
    return folder


def test_runs_add_up_and_units_count_once(stopped):
    report = collect(stopped)
    ingest, dedup = report.stages
    assert (ingest.seconds, ingest.process_cpu_seconds) == (62.0, 53.0)  # 50 + 12, 45 + 8
    (step,) = ingest.steps
    assert (step.seconds, step.num_units, step.num_reused, step.finished) == (50.0, 3, 1, True)
    assert step.sums.timing == {"cpu_seconds": 4.0, "peak_memory_bytes": 900, "read_bytes": 15}
    assert step.sums.amounts == {"read": Amount(35, 350), "kept": Amount(20, 200)}
    assert step.documents_per_second == 35 / 50
    assert dedup.num_documents == 20  # what ingest kept
    (step,) = dedup.steps
    assert (step.sums.num_units, step.num_units, step.finished) == (1, 4, False)
    assert (step.num_attempts, step.shuffled_bytes) == (3, 320)
    totals = report.as_json()["totals"]
    assert (totals["wall_seconds"], totals["process_cpu_seconds"]) == (90.0, 62.0)
    assert (totals["unit_cpu_seconds"], totals["shuffled_bytes"]) == (8.0, 320)
    assert (totals["units_done"], totals["units_reused"], totals["attempts"]) == (4, 1, 6)
    assert totals["peak_memory_bytes"] == 900


def test_units_whose_records_a_later_step_removed_are_still_counted(stopped):
    before = collect(stopped).stages[0].as_json()
    stopped.remove("run/ingest")
    assert collect(stopped).stages[0].as_json() == before


def test_a_folder_without_runs_is_read_by_its_units(folder):
    ingest = Step("ingest", "a")
    do(folder, ingest, "web/00000", 10, 6, cpu_seconds=1.5)
    do(folder, ingest, "web/00001", 10, 6, cpu_seconds=0.5)
    finish(folder, ingest)
    record = json.loads(folder.read("run/ingest.json"))
    del record["sums"]  # as it was before sums were kept
    folder.commit_bytes("run/ingest.json", json.dumps(record).encode())
    do(folder, Step("deduplicate/exact-text", "b"), "00000", cpu_seconds=1.0)
    report = collect(folder)
    ingest, unfinished = report.stages
    assert ingest.sums.timing["cpu_seconds"] == 2.0
    assert ingest.steps[0].finished
    assert (unfinished.name, unfinished.sums.num_units) == ("deduplicate", 1)
    assert not unfinished.steps[0].finished
    assert "1 of -" in "\n".join(status_table(report))
    found = state_of(report)
    assert (found.name, found.command) == (STOPPED, None)


def test_a_stage_is_finished_when_the_next_begins_and_not_when_its_steps_so_far_are(folder):
    step = Step("ingest", "a")
    do(folder, step, "web/00000", 1, 1, cpu_seconds=1.0)
    finish(folder, step)
    done = StepRun("ingest", "ingest", 1, 0, 0.0, 1, 1.0, 1.0, 0, "finished")
    begun = [StageRun("ingest", 0.0, 5.0)]

    def finished(**values):
        leave_run(folder, 1, steps=[done], **values)
        return [stage.finished for stage in collect(folder).stages]

    assert finished(state=KILLED, stages=begun) == [False]
    assert finished(state=STOPPED, stages=begun) == [True]  # as --stage ingest asked
    begun.append(StageRun("deduplicate", 5.0))
    assert finished(state=KILLED, stages=begun) == [True, False]  # no step yet
    assert not collect(folder).as_json()["stages"][1]["finished"]


def test_a_unit_whose_step_no_run_tells_of_invents_no_stage(folder):
    for step in ("lookup/runs", "repeats/anchors", "tokenizer-sample"):
        do(folder, Step(step, "a"), "web/00000", cpu_seconds=1.0)
    found = {stage.name: stage.sums.num_units for stage in collect(folder).stages}
    assert found == {"tokenize": 1, "deduplicate": 1, "tokenizer": 1}


def test_of_a_step_with_many_units_left_they_are_counted_and_not_read(stopped, monkeypatch):
    exact = Step("deduplicate/exact-text", "b")
    for unit in ("00001", "00002"):
        do(stopped, exact, unit, cpu_seconds=4.0)
    stopped.commit_bytes("run/attempts/ingest/web/00000.json", b"{}")
    read: list[str] = []

    def noted(folder, path):
        read.append(path)
        return read_parsed(folder, path)

    monkeypatch.setattr(reading, "read_parsed", noted)
    assert collect(stopped).stages[1].sums.timing["cpu_seconds"] == 12.0
    # The one finished step's own record, and three units of the step that is not.
    own = [f"run/deduplicate/exact-text/0000{number}.json" for number in range(3)]
    assert read == ["run/ingest.json", *own]
    read.clear()
    monkeypatch.setattr(reading, "MOST_READ", 2)
    report = collect(stopped)
    (step,) = report.stages[1].steps
    assert read == ["run/ingest.json"]
    assert (step.sums.num_units, step.num_units) == (3, 4)
    assert step.as_json()["unit_cpu_seconds"] is None
    assert report.stages[1].as_json()["unit_cpu_seconds"] is None
    (line,) = (line for line in status_table(report) if "exact-text" in line)
    assert line.split() == ["deduplicate/exact-text", "3", "of", "4", "14", "s", "-", "-"]


def test_plans_errors_and_other_files_are_no_units(folder):
    folder.commit_bytes("run/tokenize/plan.json", b"[1]")
    folder.commit_bytes("run/errors/ab.json", b'{"kind": "OSError"}')
    folder.commit_bytes("run/report.json", b'{"stages": []}')
    assert collect(folder).stages == ()


def test_the_text_says_where_time_and_documents_went(stopped):
    text = report_text(collect(stopped))
    lines = [line.split() for line in text.splitlines()]
    assert ["ingest", "1", "min", "02", "s", "53.0", "s", "4.0", "s"] in [
        line[:9] for line in lines
    ]
    assert ["deduplicate/exact-text", "1", "of", "4", "14", "s"] in [line[:6] for line in lines]
    assert "documents, ingest: 35 read, 20 kept" in text
    assert "CPU, deduplicate/exact-text: sort 75%" in text  # 3 of 4 seconds


def test_what_failed_says_why_and_how_to_go_on(stopped):
    found = state_of(collect(stopped))
    assert found.name == FAILED
    assert found.reason == "HaybaleError: boom"
    assert found.command == "haybale build recipe.toml --output out"


def test_a_run_is_at_work_as_long_as_it_shows_signs_of_life(folder, monkeypatch):
    now = state.datetime.now(state.UTC)
    fresh, old = (
        (now - state.timedelta(seconds=age)).isoformat(timespec="seconds") for age in (30, 90)
    )
    leave_run(folder, 1, updated=fresh)
    assert state_of(collect(folder)).name == RUNNING
    leave_run(folder, 1, updated=old)
    found = state_of(collect(folder))
    assert found.name == STOPPED
    assert found.reason == f"no sign of life since {old} on elsewhere"


def test_a_run_whose_process_is_gone_from_this_computer_was_killed(folder, monkeypatch):
    now = state.datetime.now(state.UTC).isoformat(timespec="seconds")
    machine = {"host": state.socket.gethostname()}
    leave_run(folder, 1, updated=now, machine=machine, process=4242)
    asked = []

    class Process:
        status = staticmethod(lambda: asked.append("status") or state.psutil.STATUS_SLEEPING)

        def __init__(self, process):
            asked.append(process)

    monkeypatch.setattr(state.psutil, "Process", Process)
    assert state_of(collect(folder)).name == RUNNING
    assert asked == [4242, "status"]

    # Killed, and its parent has not asked what became of it.
    Process.status = staticmethod(lambda: state.psutil.STATUS_ZOMBIE)
    assert state_of(collect(folder)).name == STOPPED

    def gone(process):
        raise state.psutil.NoSuchProcess(process)

    monkeypatch.setattr(state.psutil, "Process", gone)
    assert state_of(collect(folder)).name == STOPPED


@pytest.mark.parametrize("stages", [[], [StageRun("ingest", 0.0)]])
def test_a_run_that_is_known_to_have_been_killed_is_not_said_to_have_stopped_as_asked(
    folder, stages
):
    leave_run(folder, 1, state=KILLED, stages=stages)
    found = state_of(collect(folder))
    assert (found.name, found.reason) == (
        STOPPED,
        "its process was killed, or the machine went down",
    )


def test_a_folder_that_is_no_build_is_refused(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.json").write_text("[]")
    with pytest.raises(RecipeError, match=r"neither records of a build below run/ nor corpus\."):
        check_build(collect(Folder(str(tmp_path))), "here")


def test_a_record_that_is_gone_when_it_is_read_is_passed_over(stopped, monkeypatch):
    listed = stopped.list("run")
    stopped.remove("run/deduplicate/exact-text/00000.json")
    monkeypatch.setattr(stopped, "list", lambda name: listed)
    assert collect(stopped).stages[1].sums.num_units == 0
