"""Runs one step on the chosen engine, unless it is done, and turns its failures into errors."""

import gc
from collections.abc import Callable

import apache_beam as beam

from haybale.corpus.errors import HaybaleError
from haybale.pipeline import coders  # noqa: F401, registers what encodes a record batch
from haybale.pipeline.context import BuildContext
from haybale.pipeline.steps import (
    ERRORS,
    Step,
    UnitResult,
    content_of,
    finish,
    finished_units,
    is_finished,
    raise_reported,
)
from haybale.pipeline.units import DoUnits, UnitWorker

_COLLECT_BYTES = 16 << 20  # below, the tenth of a second is not worth it

Graph = Callable[[beam.Pipeline], object]


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
    step = worker.step

    def graph(root: beam.Pipeline) -> None:
        root | step.name >> DoUnits(worker, num_units)

    run_graph(context, step, graph, num_units, num_bytes)
    results = finished_units(context.folder, step)
    if len(results) != num_units:
        raise HaybaleError(
            f"{step.name}: the engine ended with {len(results)} of {num_units} units done and "
            "reported no error; run the same command again to go on"
        )
    return results


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
    folder.remove(ERRORS)

    def count() -> tuple[int, int]:
        done = sum(path.endswith(".json") for path in folder.list(f"run/{step.name}"))
        return done, num_units

    with context.progress.watch(step.name, count):
        try:
            with context.engine.pipeline(num_bytes) as root:
                graph(root)
        except Exception:
            raise_reported(folder)
            raise
        finally:
            if num_bytes >= _COLLECT_BYTES:
                gc.collect()  # a pipeline is a knot of cycles, and holds what it shuffled
    raise_reported(folder)
    return finish(folder, step)
