"""What the driver leaves in the output folder, and workers go by: plan, recipe, side files."""

from typing import Any

from haybale.corpus.digests import canonical_json
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.planning.earlier import EarlierCorpus
from haybale.pipeline.planning.plan import PLAN_PATH, Part, earlier_from_json, plan_from_json
from haybale.pipeline.planning.staging import stage
from haybale.pipeline.recipe.loaded import LoadedRecipe, parse_build_recipe


def write_workspace(folder: Folder, loaded: LoadedRecipe, plan: dict[str, Any]) -> None:
    """Copy the recipe's side files, then write the plan, which names them.

    Args:
        folder: The output folder.
        loaded: The recipe.
        plan: See `haybale.pipeline.planning.plan.plan_as_json`.
    """
    folder.commit_bytes(PLAN_PATH, canonical_json({**plan, "files": stage(folder, loaded)}))


def load_earlier(folder: Folder) -> tuple[EarlierCorpus, ...]:
    """The corpora that the build is deduplicated against."""
    return earlier_from_json(read_parsed(folder, PLAN_PATH))


def load_workspace(folder: Folder) -> tuple[LoadedRecipe, tuple[Part, ...]]:
    """Recipe and parts of a build that was begun in this folder."""
    raw = read_parsed(folder, PLAN_PATH)
    files = {written: folder.path(copy) for written, copy in raw.get("files", {}).items()}
    return parse_build_recipe(raw["recipe"], None, files), plan_from_json(raw)
