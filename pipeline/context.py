"""What the driver of a build carries from stage to stage."""

from dataclasses import dataclass

from haybale.corpus.storage import Folder
from haybale.pipeline.decontamination.items import Item
from haybale.pipeline.locking.lock import BuildLock
from haybale.pipeline.planning.earlier import EarlierCorpus
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.progress import Progress
from haybale.pipeline.recipe.loaded import LoadedRecipe
from haybale.pipeline.runners import Engine
from haybale.pipeline.units.pool import UnitPool


@dataclass(frozen=True)
class BuildContext:
    """A build in progress, in the driver's process.

    Attributes:
        folder: The corpus folder.
        loaded: The recipe.
        parts: The split plan.
        earlier: Corpora that the build is deduplicated against.
        evaluation: Items that it is searched for.
        engine: Where Beam pipelines run.
        progress: Where progress is shown.
        pool: Processes on this computer; None: the engine alone does the work.
        lock: What keeps other builds out of the folder; None: nothing does.
    """

    folder: Folder
    loaded: LoadedRecipe
    parts: tuple[Part, ...]
    earlier: tuple[EarlierCorpus, ...]
    evaluation: tuple[Item, ...]
    engine: Engine
    progress: Progress
    pool: UnitPool | None = None
    lock: BuildLock | None = None

    @property
    def num_signed_parts(self) -> int:
        """Parts whose signatures are compared: this build's and those of earlier corpora."""
        return len(self.parts) + sum(len(corpus.parts) for corpus in self.earlier)
