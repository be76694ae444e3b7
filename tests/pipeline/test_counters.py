import logging
from collections import Counter

import pytest

from haybale.corpus.ledger import Ledger
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.build import build
from haybale.pipeline.counters import note_metrics
from haybale.pipeline.dedup.rows import EXACT, EXACT_REMOVED
from haybale.pipeline.progress import Progress
from haybale.pipeline.report.reading import collect
from haybale.pipeline.units import drive
from haybale.pipeline.units.steps import UnitResult


@pytest.fixture
def metrics(monkeypatch):
    """Counters and distributions of all pipelines, by namespace and name."""
    found = {"counters": Counter(), "distributions": {}}
    note = drive.note_metrics

    def noted(step, result):
        note(step, result)
        answer = result.metrics().query()
        for counter in answer["counters"]:
            name = counter.key.metric
            found["counters"][name.namespace, name.name] += counter.result
        for distribution in answer["distributions"]:
            name = distribution.key.metric
            found["distributions"][name.namespace, name.name] = distribution.result

    monkeypatch.setattr(drive, "note_metrics", noted)
    return found


def test_counters_tell_what_the_ledger_tells(metrics, recipe, tmp_path):
    output = tmp_path / "out"
    build(recipe, str(output), last_stage="ingest", progress=Progress(quiet=True))
    counters, distributions = metrics["counters"], metrics["distributions"]
    ledger, units = Ledger(), _units(output)
    for unit in units:
        ledger.merge(unit.ledger)
    for outcome in ("read", "kept", "dropped"):
        amount = ledger.total(outcome=outcome)
        assert counters["haybale.ingest", f"documents.{outcome}"] == amount.documents > 0
        assert counters["haybale.ingest", f"text_bytes.{outcome}"] == amount.text_bytes
    for rule in ledger.values("rule"):
        dropped = ledger.total(outcome="dropped", rule=rule).documents
        if rule and dropped:
            assert counters["haybale.ingest", f"documents.dropped.{rule}"] == dropped
    assert counters["haybale.ingest", "units"] == len(units) > 1
    documents = distributions["haybale.ingest", "unit_documents"]
    assert (documents.count, documents.sum) == (len(units), 69)
    batches = distributions["haybale.ingest", "batch_documents"]
    assert batches.sum == 69
    assert distributions["haybale.ingest", "unit_milliseconds"].count == len(units)


@pytest.fixture
def deduplicated(metrics, recipe, tmp_path):
    """A corpus deduplicated while its metrics are noted."""
    output = tmp_path / "out"
    build(recipe, str(output), last_stage="deduplicate", progress=Progress(quiet=True))
    return output


@pytest.mark.slow
def test_bytes_are_counted_where_they_enter_a_shuffle(metrics, deduplicated):
    # Each of the 67 documents that ingest keeps is one row of EXACT in the first shuffle, and each
    # twin that is removed one of EXACT_REMOVED in the second.
    steps = {
        step.name: step
        for stage in collect(Folder(str(deduplicated))).stages
        for step in stage.steps
    }
    removed = sum(unit.facts["removed"] for unit in _units(deduplicated, "deduplicate/exact-text"))
    expected = 67 * EXACT.itemsize + removed * EXACT_REMOVED.itemsize
    assert steps["deduplicate/exact-text"].shuffled_bytes == expected
    assert steps["ingest"].shuffled_bytes == 0
    total = sum(step.shuffled_bytes or 0 for step in steps.values())
    assert metrics["counters"]["haybale", "shuffled_bytes"] == total


def test_workers_log_their_units_as_json_lines(recipe, tmp_path, caplog):
    with caplog.at_level(logging.INFO, "haybale.worker"):
        build(recipe, str(tmp_path / "out"), last_stage="ingest", progress=Progress(quiet=True))
    lines = [one.getMessage() for one in caplog.records if one.name == "haybale.worker"]
    assert len(lines) == len(_units(tmp_path / "out"))
    assert all(
        line.startswith('{"event":"unit_finished","step":"ingest","unit":"') for line in lines
    )


@pytest.mark.parametrize("error", [NotImplementedError, ConnectionError("gone")])
def test_an_engine_that_tells_no_metrics_leaves_them_unknown(error):
    class Result:
        def metrics(self):
            raise error

    class Noted:
        name = "deduplicate/exact"
        shuffled_bytes = None

    note_metrics(Noted, Result())
    assert Noted.shuffled_bytes is None


def _units(output, step="ingest"):
    folder = Folder(str(output))
    return [
        UnitResult.from_json(read_parsed(folder, path))
        for path in folder.list(f"run/{step}")
        if path.endswith(".json")
    ]
