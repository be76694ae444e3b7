"""What the driver of a build carries from stage to stage."""

from dataclasses import dataclass

from haybale.corpus.storage import Folder
from haybale.pipeline.decontamination.items import Item
from haybale.pipeline.earlier import EarlierCorpus
from haybale.pipeline.plan import Part
from haybale.pipeline.progress import Progress
from haybale.pipeline.recipe import LoadedRecipe
from haybale.pipeline.runners import Engine


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
    """

    folder: Folder
    loaded: LoadedRecipe
    parts: tuple[Part, ...]
    earlier: tuple[EarlierCorpus, ...]
    evaluation: tuple[Item, ...]
    engine: Engine
    progress: Progress

    @property
    def num_signed_parts(self) -> int:
        """Parts whose signatures are compared: this build's and those of earlier corpora."""
        return len(self.parts) + sum(len(corpus.parts) for corpus in self.earlier)
