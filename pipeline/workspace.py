"""The plan as a worker finds it: recipe and parts, from the output folder alone."""

from pathlib import Path

from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.earlier import EarlierCorpus
from haybale.pipeline.plan import PLAN_PATH, Part, earlier_from_json, plan_from_json
from haybale.pipeline.recipe import LoadedRecipe, parse_build_recipe


def load_earlier(folder: Folder) -> tuple[EarlierCorpus, ...]:
    """The corpora that the build is deduplicated against."""
    return earlier_from_json(read_parsed(folder, PLAN_PATH))


def load_workspace(folder: Folder) -> tuple[LoadedRecipe, tuple[Part, ...]]:
    """Recipe and parts of a build that was begun in this folder."""
    raw = read_parsed(folder, PLAN_PATH)
    return parse_build_recipe(raw["recipe"], Path(raw["base"])), plan_from_json(raw)
