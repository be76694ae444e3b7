import pytest

from haybale.pipeline.report import outlook
from haybale.pipeline.report.outlook import build_seconds_left
from haybale.pipeline.report.runs import RunRecord, StageRun, StepRun

STAGES = ("ingest", "deduplicate", "tokenizer", "tokenize", "document")


@pytest.fixture(autouse=True)
def costs(monkeypatch):
    costs = {"ingest": 1.0, "deduplicate": 0.5, "tokenize": 0.25, "document": 0.125}
    monkeypatch.setattr(outlook, "COSTS", costs)


def run_of(*stages, num_reused=0):
    step = StepRun("ingest", "ingest", 8, num_reused, 0.0)
    return RunRecord(
        number=1,
        begun="",
        updated="",
        build={},
        engine={},
        command="",
        machine={},
        process=1,
        stages=[StageRun(name, 0.0, seconds) for name, seconds in stages],
        steps=[step],
    )


def test_while_ingest_runs_the_others_are_expected_in_proportion():
    # Ingest will have taken 20 + 60 s; the others take 0.5 + 0.25 + 0.125 of that: 70 s.
    assert build_seconds_left(run_of(("ingest", 20.0)), STAGES, 60.0) == 60 + 70


def test_later_the_rest_of_the_stage_is_expected_in_proportion():
    # Deduplication is expected to take 40 s, and has taken 10; then 20 + 10 s.
    record = run_of(("ingest", 80.0), ("deduplicate", 10.0))
    assert build_seconds_left(record, STAGES, None) == 30 + 30
    assert build_seconds_left(record, STAGES, 35.0) == 35 + 30  # its step alone needs more


def test_only_the_stages_that_were_asked_for_count():
    record = run_of(("ingest", 80.0), ("deduplicate", 10.0))
    assert build_seconds_left(record, STAGES[:2], None) == 30


def test_nothing_is_said_that_cannot_be_known():
    assert build_seconds_left(run_of(), STAGES, None) is None
    assert build_seconds_left(run_of(("ingest", 20.0)), STAGES, None) is None
    assert build_seconds_left(run_of(("ingest", 20.0), num_reused=3), STAGES, 60.0) is None


def test_every_stage_but_the_learning_of_a_vocabulary_has_a_cost(monkeypatch):
    monkeypatch.undo()
    assert {*outlook.COSTS, "tokenizer"} == set(STAGES)


def test_nothing_is_said_while_a_vocabulary_is_learned():
    record = run_of(("ingest", 80.0), ("deduplicate", 10.0), ("tokenizer", 15.0))
    assert build_seconds_left(record, STAGES, None) is None


def test_nothing_is_said_where_an_earlier_run_did_all_of_ingest():
    record = run_of(("ingest", 0.01), ("deduplicate", 10.0))
    record.steps.clear()  # a finished step is not begun again
    assert build_seconds_left(record, STAGES, None) is None


def test_nothing_is_said_of_a_stage_that_takes_longer_than_was_expected():
    # The last stage was to take 10 s, and has taken 11.
    record = run_of(("ingest", 80.0), ("tokenize", 20.0), ("document", 11.0))
    assert build_seconds_left(record, STAGES, None) is None
    assert build_seconds_left(record, STAGES, 2.0) == 2.0
