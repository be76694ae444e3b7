"""Side files: what workers open beside the input, copied to where every worker can open it.

A recipe names profiles, models and lists by paths on the driver's computer. The driver copies them
into the output folder under their digest; workers know them by the path as the recipe has it.
"""

from collections.abc import Iterator

import xxhash

from haybale.corpus.errors import RecipeError
from haybale.corpus.storage import Folder, open_input
from haybale.pipeline.planning.dependencies import FOUND_MODEL, language_identifier
from haybale.pipeline.recipe.loaded import LoadedRecipe
from haybale.pipeline.recipe.subset import ORIGIN_LISTS
from haybale.quality.profiles import PROFILE_SUFFIX

FILES_FOLDER = "run/files"
_BLOCK_BYTES = 1 << 22


def stage(folder: Folder, loaded: LoadedRecipe) -> dict[str, str]:
    """Copy side files into `run/files/<digest>/`; what is there already is left.

    Returns:
        Path as the recipe has it, and path in the folder.

    Raises:
        RecipeError: If a file is missing.
    """
    staged = {}
    for written, where in _side_files(loaded):
        staged[written] = _copy(folder, loaded.locate(written, where), where)
    if loaded.recipe.ingest.language_model is None:
        identifier = language_identifier(loaded)
        if identifier is not None:
            staged[FOUND_MODEL] = _copy(folder, str(identifier.path), FOUND_MODEL)
    return dict(sorted(staged.items()))


def _side_files(loaded: LoadedRecipe) -> Iterator[tuple[str, str]]:
    """Every file that workers open, as written, and its setting."""
    recipe = loaded.recipe
    for subset in recipe.subsets:
        where = f"subsets.{subset.name}"
        if subset.quality is not None and subset.quality.endswith(PROFILE_SUFFIX):
            yield subset.quality, f"{where}.quality"
        for name, settings in subset.classifiers.items():
            for model in settings.models:
                yield model, f"{where}.classifiers.{name}"
        for setting in ORIGIN_LISTS:
            if path := getattr(subset, setting):
                yield path, f"{where}.{setting}"
    for setting in ("language_model", "word_list"):
        if path := getattr(recipe.ingest, setting):
            yield path, f"ingest.{setting}"
    for setting, path in vars(recipe.ids).items() if recipe.ids else ():
        if path is not None:
            yield path, f"ids.{setting}"


def _copy(folder: Folder, source: str, where: str) -> str:
    hasher = xxhash.xxh3_128()
    for block in _blocks(source, where):
        hasher.update(block)
    name = f"{FILES_FOLDER}/{hasher.hexdigest()}/{source.rpartition('/')[2]}"
    if not folder.exists(name):
        with folder.commit(name) as pending:
            for block in _blocks(source, where):
                pending.write(block)
    return name


def _blocks(source: str, where: str) -> Iterator[bytes]:
    try:
        with open_input(source) as stream:
            while block := stream.read(_BLOCK_BYTES):
                yield block
    except FileNotFoundError:
        raise RecipeError(f"{where}: {source} does not exist; mend the path") from None
