"""Beam's counters and distributions, for the consoles of engines; a card never reads them.

    haybale.<step>  units · documents.<outcome>[.<rule or reason>] · text_bytes.<outcome>
                    distributions: unit_milliseconds, unit_documents, batch_documents
    haybale         shuffled_bytes

Counted once per unit from its ledger, and once per block of a shuffle: it costs nothing beside the
work. A retried bundle's counts are the engine's to forget, as Beam says.
"""

import logging
from typing import Any

from apache_beam.metrics import Metrics
from apache_beam.metrics.metric import MetricsFilter

from haybale.pipeline.report.runs import StepRun
from haybale.pipeline.report.worker_log import log_worker
from haybale.pipeline.units.steps import Step, UnitResult

NAMESPACE = "haybale"
_LOG = logging.getLogger(__name__)
SHUFFLED_BYTES = "shuffled_bytes"
_OUTCOMES = ("read", "kept", "dropped", "unreadable", "removed", "edited")

_shuffled = Metrics.counter(NAMESPACE, SHUFFLED_BYTES)


def count_shuffled(num_bytes: int) -> None:
    """So many bytes of packed rows were handed to a shuffle."""
    _shuffled.inc(num_bytes)


def namespace_of(step: str) -> str:
    """Of the counters of a step."""
    return f"{NAMESPACE}.{step}"


def count_batch(step: str, num_documents: int) -> None:
    """A batch of so many documents has been worked at."""
    Metrics.distribution(namespace_of(step), "batch_documents").update(num_documents)


def tell_unit(step: Step, unit: str, result: UnitResult) -> None:
    """Count and log a unit that is done, now or by an earlier run."""
    seconds = {
        name: round(result.timing.get(name, 0), 3) for name in ("wall_seconds", "cpu_seconds")
    }
    log_worker(logging.INFO, "unit_finished", step=step.name, unit=unit, **seconds)
    _count_unit(step, result)


def tell_failure(step: Step, unit: str, error: Exception) -> None:
    """Log a unit that failed; what the error says, the driver shows: it may quote a document."""
    log_worker(logging.ERROR, "unit_failed", step=step.name, unit=unit, error=type(error).__name__)


def _count_unit(step: Step, result: UnitResult) -> None:
    """Count what the unit's ledger says."""
    space = namespace_of(step.name)
    Metrics.counter(space, "units").inc()
    if "wall_seconds" in result.timing:
        milliseconds = round(result.timing["wall_seconds"] * 1000)
        Metrics.distribution(space, "unit_milliseconds").update(milliseconds)
    counts: dict[str, int] = {}
    for account, amount in result.ledger.rows():
        if account.outcome not in _OUTCOMES:
            continue
        of_rule = f".{account.rule}" if account.rule else ""
        for name, number in (
            (f"documents.{account.outcome}", amount.documents),
            (f"text_bytes.{account.outcome}", amount.text_bytes),
            *([(f"documents.{account.outcome}{of_rule}", amount.documents)] if of_rule else []),
        ):
            counts[name] = counts.get(name, 0) + number
    for name, number in counts.items():
        Metrics.counter(space, name).inc(number)
    if "documents.read" in counts:
        Metrics.distribution(space, "unit_documents").update(counts["documents.read"])


def expect_metrics(step: StepRun | None) -> None:
    """A pipeline begins: until its engine tells, nobody knows what it shuffled."""
    if step is not None:
        step.shuffled_bytes = None


def note_metrics(step: StepRun | None, result: Any) -> None:
    """Note of a finished pipeline what only the engine has counted.

    Args:
        step: In the run's journal; None where there is none.
        result: Beam's.
    """
    if step is None:
        return
    wanted = MetricsFilter().with_namespace(NAMESPACE).with_name(SHUFFLED_BYTES)
    try:
        counters = result.metrics().query(wanted)["counters"]
    except Exception as error:  # an engine has none, or is not there any more: no reason to fail
        _LOG.warning("%s: what was shuffled is not known: %s", step.name, error)
        return
    step.shuffled_bytes = sum(counter.result for counter in counters)
