"""What the driver of a build carries from stage to stage."""

from dataclasses import dataclass

from haybale.corpus.storage import Folder
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
        engine: Where Beam pipelines run.
        progress: Where progress is shown.
    """

    folder: Folder
    loaded: LoadedRecipe
    parts: tuple[Part, ...]
    engine: Engine
    progress: Progress
