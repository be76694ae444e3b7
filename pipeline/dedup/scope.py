"""The scope: within what duplicates are looked for, as a number that hashes are mixed with."""

import re
from collections.abc import Iterable

import xxhash

from haybale.corpus.errors import RecipeError
from haybale.pipeline.dedup.settings import DedupSettings

WHOLE_CORPUS = 0


def scope_of(settings: DedupSettings, subset: str, file_name: str) -> int:
    """A 64-bit number; documents with different ones are never compared.

    Raises:
        RecipeError: If the file's name tells no snapshot.
    """
    if settings.snapshot is not None:
        found = re.search(settings.snapshot, file_name)
        if found is None:
            raise RecipeError(
                f"dedup.snapshot: {settings.snapshot!r} matches nothing in the name {file_name}; "
                "it must match in every file"
            )
        return _number("snapshot", found.group())
    return _number("subset", subset) if settings.scope == "subset" else WHOLE_CORPUS


def check_scopes(settings: DedupSettings, files: Iterable[tuple[str, str]]) -> None:
    """Check that every file (of a subset, of a name) has a scope, before any work is done.

    Raises:
        RecipeError: If a file's name tells no snapshot.
    """
    for subset, name in files:
        scope_of(settings, subset, name)


def _number(kind: str, name: str) -> int:
    return xxhash.xxh3_64_intdigest(f"{kind}\0{name}".encode())
