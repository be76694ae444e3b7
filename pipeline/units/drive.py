"""Runs one step on the chosen engine, unless it is done, and turns its failures into errors."""

import contextlib
import gc
from collections.abc import Iterator

import apache_beam as beam

from haybale.pipeline import coders  # noqa: F401, registers what encodes a record batch
from haybale.pipeline.context import BuildContext
from haybale.pipeline.counters import expect_metrics, note_metrics
from haybale.pipeline.engines.dataflow import Job
from haybale.pipeline.isolation.news import heard_by, shown_by
from haybale.pipeline.report.runs import StepRun
from haybale.pipeline.report.work import UnitCount
from haybale.pipeline.runners import Graph
from haybale.pipeline.units.failures import forget, raise_failures
from haybale.pipeline.units.spread import DoUnits
from haybale.pipeline.units.steps import (
    Step,
    UnitResult,
    content_of,
    finish,
    finished_units,
    is_finished,
)
from haybale.pipeline.units.worker import UnitWorker

_COLLECT_BYTES = 16 << 20  # below, the tenth of a second is not worth it


def run_units(
    context: BuildContext, worker: UnitWorker, num_units: int, num_bytes: int
) -> dict[str, UnitResult]:
    """Do all units of a worker's step; returns their results by name.

    Args:
        context: The build.
        worker: What to do.
        num_units: Units 0 to num_units - 1.
        num_bytes: Input in all, by which the engine chooses processes.
    """
    step, pool = worker.step, context.pool
    if pool is not None and pool.takes(num_bytes) and not is_finished(context.folder, step):
        with _driven(context, step, num_units):
            pool.run(worker, num_units)
        finish(context.folder, step, num_units)
    else:

        def graph(root: beam.Pipeline) -> None:
            root | step.name >> DoUnits(worker, num_units)

        run_graph(context, step, graph, num_units, num_bytes)
    return finished_units(context.folder, step)


def run_graph(
    context: BuildContext, step: Step, graph: Graph, num_units: int, num_bytes: int
) -> str:
    """Run a Beam pipeline whose last transforms commit units of the step.

    Returns:
        A digest of what the step left behind.
    """
    folder = context.folder
    if is_finished(folder, step):
        return content_of(folder, step)
    job = Job(context.loaded.recipe.name, step.name, folder.uri)
    with _driven(context, step, num_units) as noted:
        expect_metrics(noted)
        try:
            result = context.engine.run(graph, job, num_units, num_bytes)
            note_metrics(noted, result)
        finally:
            if num_bytes >= _COLLECT_BYTES:
                gc.collect()  # a pipeline is a knot of cycles, and holds what it shuffled
    return finish(folder, step, num_units)


@contextlib.contextmanager
def _driven(context: BuildContext, step: Step, num_units: int) -> Iterator[StepRun | None]:
    """Show the step's progress, and in the end raise what its units reported."""
    folder = context.folder
    if context.lock is not None:
        context.lock.check()
    forget(folder)
    unit_bytes = {part.name: part.num_bytes for part in context.parts}
    count = UnitCount(folder, step.name, num_units, unit_bytes)
    hearing = heard_by(shown_by(context.progress))
    with hearing, context.progress.watch(step.name, count) as noted:
        try:
            yield noted
        except Exception:
            raise_failures(folder, step.name)
            raise
        finally:
            count.forget()
        raise_failures(folder, step.name)
