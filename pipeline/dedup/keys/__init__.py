"""The registry of keys of exact duplicates: one module per key, found by scanning this package.

Other packages add theirs by the entry point `haybale.dedup`, which names a module with functions
under `exact_key`; a recipe names them in `dedup.exact`, behind or in place of its own.
"""

from functools import cache

from haybale.corpus.errors import RecipeError
from haybale.corpus.extensions import load_registry
from haybale.corpus.recipe import nearest
from haybale.pipeline.dedup.keys.key import REGISTERED, Key, exact_key

__all__ = ["Key", "chosen_keys", "exact_key", "key_of", "keys"]

_FIRST = ("url", "text", "normalised")


@cache
def keys() -> dict[str, Key]:
    """All keys by name."""
    load_registry(__name__, "haybale.dedup")
    return dict(REGISTERED)


def key_of(name: str) -> Key:
    """A key by name.

    Raises:
        RecipeError: If there is none.
    """
    if name not in keys():
        raise RecipeError(f"exact: unknown key {name!r}; {nearest(name, keys())}")
    return keys()[name]


def chosen_keys(names: tuple[str, ...]) -> tuple[str, ...]:
    """The order in which they are looked for: ours as ever, then those of others as given."""
    own = (name for name in _FIRST if name in names)
    return (*own, *(name for name in names if name not in _FIRST))
