"""Beam's part in a step without a shuffle: hand each unit of work to some worker."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import apache_beam as beam

from haybale.corpus.indexed_shards import IndexedShard, indexed_shards
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.pipeline.plan import Part
from haybale.pipeline.recipe import LoadedRecipe
from haybale.pipeline.steps import Step, UnitResult, do_unit, reported
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
    """

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


class DoUnit(beam.DoFn):  # type: ignore[misc]
    """Do the units that arrive, unless they are done."""

    def __init__(self, worker: UnitWorker) -> None:
        self._worker = worker

    def setup(self) -> None:
        """Load what the worker needs."""
        with reported(Folder(self._worker.output)):
            self._worker.load()

    def process(self, unit: int) -> Iterator[int]:
        """Do one unit and pass on its number."""
        worker, folder = self._worker, Folder(self._worker.output)
        with reported(folder):
            do_unit(folder, worker.step, worker.name(unit), lambda: worker.do(unit))
        yield unit


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
            | "Number" >> beam.Create(range(self._num_units))
            # Without it the engine fuses listing and work, and one worker does everything.
            | "Spread" >> beam.Reshuffle().with_output_types(int)
            | "Do" >> beam.ParDo(DoUnit(self._worker)).with_output_types(int)
        )
