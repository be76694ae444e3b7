"""A recipe, read and validated, and the files that it names."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from haybale.corpus.digests import canonical_json, digest
from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import expand, parse_section, read_recipe
from haybale.pipeline.ingesting.classifiers import Classifiers
from haybale.pipeline.planning.fetch import fetch
from haybale.pipeline.recipe.build_recipe import BuildRecipe
from haybale.pipeline.recipe.subset import ORIGIN_LISTS, Subset
from haybale.quality.classifier.model import TextClassifier
from haybale.quality.origin import OriginRules, read_origin_list
from haybale.quality.profiles import PROFILE_SUFFIX, Profile, load_profile, read_profile
from haybale.quality.sensitive.word_list import WordList, load_word_list


@dataclass(frozen=True)
class LoadedRecipe:
    """A recipe, what was written, and where.

    Attributes:
        recipe: Validated.
        raw: The tables as written, overrides applied, environment variables unexpanded.
        base: Folder that relative paths are relative to; None for workers, whose computers need
            not have it.
        files: Where side files are for workers, by path as written; see
            `haybale.pipeline.planning.staging`.
    """

    recipe: BuildRecipe
    raw: dict[str, Any]
    base: Path | None
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """xxh3-128 of what was written."""
        return digest(canonical_json(self.raw))

    def classifiers(self, subset: Subset) -> Classifiers:
        """The classifiers of a subset.

        Raises:
            RecipeError: If a model's file is missing.
        """
        found = {}
        for name, settings in subset.classifiers.items():
            where = f"subsets.{subset.name}.classifiers.{name}"
            paths = (self.local_file(path, where) for path in settings.models)
            models = tuple(TextClassifier(path, settings.label, where) for path in paths)
            found[name] = (settings, models)
        return found

    def profile(self, subset: Subset) -> Profile | None:
        """The quality rules of a subset.

        Raises:
            RecipeError: If its file is missing or no profile.
        """
        if subset.quality is None:
            return None
        if subset.quality.endswith(PROFILE_SUFFIX):
            where = f"subsets.{subset.name}.quality"
            return read_profile(self.local_file(subset.quality, where))
        return load_profile(subset.quality)

    def origin_rules(self, subset: Subset) -> OriginRules:
        """What a subset asks of licences, domains and who opted out.

        Raises:
            RecipeError: If a list is missing or no list.
        """
        lists = {}
        for setting in ORIGIN_LISTS:
            if path := getattr(subset, setting):
                where = f"subsets.{subset.name}.{setting}"
                urls = setting == "opt_out"
                lists[setting] = read_origin_list(self.local_file(path, where), where, urls=urls)
        return OriginRules(subset.licenses, *map(lists.get, ORIGIN_LISTS))

    def word_list(self) -> WordList | None:
        """The recipe's word list; None where there is none.

        Raises:
            RecipeError: If it is missing or no word list.
        """
        path = self.recipe.ingest.word_list
        return None if path is None else load_word_list(self.local_file(path, "ingest.word_list"))

    def locate(self, path: str, where: str) -> str:
        """An absolute path or URI from one in the recipe."""
        if path in self.files:
            return self.files[path]
        assert self.base is not None, f"{where}: {path} was not staged for workers"
        expanded = expand(path, where)
        return expanded if "://" in expanded else str(self.base / Path(expanded).expanduser())

    def local_file(self, path: str, where: str) -> str:
        """A path on this computer, of a file that the recipe names; fetched if it lies elsewhere.

        Raises:
            RecipeError: If a file elsewhere does not exist.
        """
        return fetch(self.locate(path, where), where)


def load_build_recipe(path: Path, overrides: list[str]) -> LoadedRecipe:
    """Read and validate a recipe.

    Relative paths start at its folder; of a shipped one, where the caller stands.

    Raises:
        RecipeError: On anything that cannot be right.
    """
    folder = path.absolute().parent
    # Beside a shipped recipe lies nothing of its user's.
    shipped = Path(str(resources.files("haybale").joinpath("recipes")))
    base = Path.cwd() if folder == shipped else folder
    return parse_build_recipe(read_recipe(path, overrides), base)


def parse_build_recipe(
    raw: dict[str, Any], base: Path | None, files: Mapping[str, str] | None = None
) -> LoadedRecipe:
    """Validate raw tables; see `load_build_recipe`."""
    tables = copy.deepcopy(raw)
    for entry in tables.get("subsets", []):
        if isinstance(entry, dict) and isinstance(entry.get("paths"), str):
            raise RecipeError(f"subsets.{entry.get('name')}.paths: expected a list of strings")
    try:
        recipe = parse_section(BuildRecipe, tables, "recipe")
    except RecipeError as error:
        raise RecipeError(str(error).removeprefix("recipe: ").removeprefix("recipe.")) from None
    return LoadedRecipe(recipe, raw, base, files or {})
