"""Which modules decide on a corpus: of its rules, edits, readers and keys of duplicates."""

from collections.abc import Iterator, Sequence

from haybale.pipeline.dedup.keys import key_of
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.recipe.loaded import LoadedRecipe
from haybale.pipeline.sources import module_of, reader_for


def used_modules(loaded: LoadedRecipe, parts: Sequence[Part]) -> set[str]:
    """Names of the modules, Haybale's own and others'."""
    return set(_modules(loaded, parts))


def _modules(loaded: LoadedRecipe, parts: Sequence[Part]) -> Iterator[str]:
    recipe = loaded.recipe
    for subset in recipe.subsets:
        profile = loaded.profile(subset)
        if profile is not None:
            yield from (rule.module for rule in profile.rules)
            yield from (edit.module for edit in profile.edits)
    formats = {subset.name: subset.format for subset in recipe.subsets}
    for part in parts:
        for file in part.files:
            yield module_of(reader_for(file.name, formats[part.subset]))
    if recipe.dedup is not None:
        yield from (key_of(name).module for name in recipe.dedup.exact)
