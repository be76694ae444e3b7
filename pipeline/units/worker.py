"""Who does the units of a step."""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from haybale.corpus.indexed_shards import IndexedShard, indexed_shards
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.planning.workspace import load_workspace
from haybale.pipeline.recipe.loaded import LoadedRecipe
from haybale.pipeline.units.steps import Step, UnitResult


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
        isolates: Whether it works on documents behind a guard, so that one which kills its process
            can be found; see `haybale.pipeline.isolation.guard`.
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
