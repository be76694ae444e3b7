"""Finds a recipe: a file, or the name of one that comes with Haybale."""

from importlib.resources import files
from pathlib import Path

from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import nearest


def find(name: str) -> Path:
    """The file of that path, else the shipped recipe of that name (`demo`, `massivetext`, ...).

    Raises:
        RecipeError: If it is neither.
    """
    path = Path(name)
    # A folder may well have the name of a shipped recipe; a recipe it is not.
    if path.is_file() or path.parent != Path():
        return path
    folder = Path(str(files("haybale").joinpath("recipes")))
    shipped = {recipe.stem: recipe for recipe in sorted(folder.glob("*.toml"))}
    if path.stem in shipped:
        return shipped[path.stem]
    raise RecipeError(f"{name}: no such file, and no shipped recipe; {nearest(path.stem, shipped)}")
