"""Beam's part in a step without a shuffle: hand each unit of work to some worker."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import apache_beam as beam

from haybale.corpus.indexed_shards import IndexedShard, indexed_shards
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.pipeline.attempts import attempted
from haybale.pipeline.counters import tell_failure, tell_unit
from haybale.pipeline.failures import MAX_FAILURES, Failure, failures, report, reported
from haybale.pipeline.guarded import do_guarded
from haybale.pipeline.plan import Part
from haybale.pipeline.recipe import LoadedRecipe
from haybale.pipeline.steps import Step, UnitResult, do_unit
from haybale.pipeline.workspace import load_workspace


class UnitWorker(Protocol):
    """Does the units of one step; small enough to travel in a job graph.

    Attributes:
        output: The corpus folder.
        step: What is being done.
    """

    output: str
    step: Step

    def load(self) -> None:
        """Load models and plans, once per process."""

    def name(self, unit: int) -> str:
        """The unit's name, below `run/<step>/`."""

    def do(self, unit: int) -> UnitResult:
        """Do one unit: deterministic, and harmless to do twice or at the same time."""


@dataclass
class PartWorker:
    """Base of workers whose units are the parts of the plan.

    Attributes:
        output: The corpus folder.
        step: What is being done.
        isolates: Whether it works on documents behind a guard (`haybale.pipeline.guard`), so that
            one which kills its process can be found.
    """

    isolates: ClassVar[bool] = False
    output: str
    step: Step
    _loaded: LoadedRecipe = field(init=False, repr=False)
    _parts: tuple[Part, ...] = field(init=False, repr=False)

    def load(self) -> None:
        """Read the plan."""
        self._loaded, self._parts = load_workspace(Folder(self.output))

    def name(self, unit: int) -> str:
        """The part's name."""
        return self._parts[unit].name


@dataclass
class ShardWorker:
    """Base of workers whose units are the finished shards, in the order of their index.

    Attributes:
        output: The corpus folder.
        step: What is being done.
    """

    output: str
    step: Step
    _shards: list[IndexedShard] = field(init=False, repr=False)

    def load(self) -> None:
        """Read the index."""
        self._shards = indexed_shards(read_index(Folder(self.output)))

    def name(self, unit: int) -> str:
        """The shard's number over all splits and subsets."""
        return f"{unit:05d}"


def attempt(worker: UnitWorker, unit: int) -> Failure | None:
    """Do a unit, unless it is done; returns what went wrong, if anything did.

    Args:
        worker: Loaded.
        unit: Its number.
    """
    folder, name = Folder(worker.output), worker.name(unit)
    try:
        result = do_unit(folder, worker.step, name, lambda: _do(worker, unit))
        tell_unit(worker.step, name, result)
    except Exception as error:
        tell_failure(worker.step, name, error)
        return Failure.of(error, f"{worker.step.name}/{name}")
    return None


def _do(worker: UnitWorker, unit: int) -> UnitResult:
    if not (isinstance(worker, PartWorker) and worker.isolates):
        return worker.do(unit)
    with attempted(Folder(worker.output), worker.step, worker.name(unit)) as died:
        return do_guarded(worker, unit) if died else worker.do(unit)


class DoUnit(beam.DoFn):  # type: ignore[misc]
    """Do the units that arrive, unless they are done; a failure is reported, not raised."""

    def __init__(self, worker: UnitWorker) -> None:
        self._worker = worker
        self._given_up = False

    def setup(self) -> None:
        """Load what the worker needs."""
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
