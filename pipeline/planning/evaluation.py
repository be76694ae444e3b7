"""Evaluation sets of a recipe, read before any work is done."""

from haybale.pipeline.decontamination.items import Item, read_items
from haybale.pipeline.recipe.loaded import LoadedRecipe


def read_evaluation(loaded: LoadedRecipe) -> tuple[Item, ...]:
    """The items of all sets that a recipe names; none where it names none.

    Raises:
        RecipeError: If a set is missing, empty, or lacks its text.
    """
    settings = loaded.recipe.decontaminate
    items: list[Item] = []
    for place, asked in enumerate(settings.sets if settings else ()):
        where = f"decontaminate.sets.{asked.name}.paths"
        items += read_items(place, asked, [loaded.locate(path, where) for path in asked.paths])
    return tuple(items)
