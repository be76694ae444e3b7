"""Beam's part in a step without a shuffle: hand each unit of work to some worker."""

from collections.abc import Iterator

import apache_beam as beam

from haybale.corpus.storage import Folder
from haybale.pipeline.isolation.cpu_bound import runs_harness
from haybale.pipeline.isolation.guard import bound_cpu
from haybale.pipeline.units.attempt import attempt
from haybale.pipeline.units.failures import MAX_FAILURES, failures, report, reported
from haybale.pipeline.units.worker import UnitWorker


class DoUnit(beam.DoFn):  # type: ignore[misc]
    """Do the units that arrive, unless they are done; a failure is reported, not raised."""

    def __init__(self, worker: UnitWorker) -> None:
        self._worker = worker
        self._given_up = False

    def setup(self) -> None:
        """Load what the worker needs."""
        if runs_harness():
            bound_cpu()
        with reported(Folder(self._worker.output)):
            self._worker.load()

    def process(self, unit: int) -> Iterator[int]:
        """Do one unit and pass on its number."""
        if self._given_up:
            return
        failure = attempt(self._worker, unit)
        if failure is None:
            yield unit
            return
        folder = Folder(self._worker.output)
        report(folder, failure)
        self._given_up = len(failures(folder)) >= MAX_FAILURES


class DoUnits(beam.PTransform):  # type: ignore[misc]
    """Do units 0 to n - 1 of a step, each once, spread over the workers."""

    def __init__(self, worker: UnitWorker, num_units: int) -> None:
        super().__init__()
        self._worker = worker
        self._num_units = num_units

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[int]:
        """Beam's hook."""
        return (
            root
            | "Number" >> beam.Create(range(self._num_units), reshuffle=False)
            # Without it the engine fuses listing and work, and one worker does everything.
            | "Spread" >> beam.Reshuffle().with_output_types(int)
            | "Do" >> beam.ParDo(DoUnit(self._worker)).with_output_types(int)
        )
