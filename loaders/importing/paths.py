"""Which files the paths of an import mean, and in which subsets."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from haybale.corpus.errors import RecipeError
from haybale.corpus.listing import InputFile, match_files

DEFAULT_SUBSET = "imported"
_SUBSET = re.compile(r"[A-Za-z0-9_-]+")


def find_files(
    paths: Iterable[str], suffix: str, subset: str | None = None
) -> dict[str, list[InputFile]]:
    """Files by subset, in the order in which the paths name them.

    Args:
        paths: Files, with or without their suffix; globs; or folders, for all such files below.
            Without `subset`, each may say `SUBSET=PATH`.
        suffix: `.idx` or `.npy`.
        subset: Where all of them go.

    Returns:
        Files named without suffix, relative to the folder or to the fixed part of the glob.

    Raises:
        RecipeError: If a path means no such file, a subset's name is none, or two files of a
            subset have the same name: their documents would have the same ids.
    """
    found: dict[str, list[InputFile]] = {}
    for path in paths:
        name, equals, rest = path.partition("=") if subset is None else (subset, "", path)
        if subset is None and not equals:
            name, rest = DEFAULT_SUBSET, path
        if not _SUBSET.fullmatch(name):
            raise RecipeError(f"{path}: a subset's name has letters, digits, - and _ only")
        files = _matching(rest, suffix)
        if not files:
            raise RecipeError(f"{rest}: found no {suffix} there")
        found.setdefault(name, []).extend(files)
    for name, files in found.items():
        counts = Counter(file.name for file in files)
        twice = [file for file, count in counts.items() if count > 1]
        if twice:
            raise RecipeError(
                f"{name}: two files are called {min(twice)!r}, and their documents would have the "
                "same ids; name a folder above both, or give them two subsets"
            )
    return found


def _matching(path: str, suffix: str) -> list[InputFile]:
    if "://" in path:
        raise RecipeError(f"{path}: expected a local file: copy it here first")
    if Path(path).is_dir():
        pattern = f"{path.rstrip('/')}/**/*{suffix}"
    elif path.endswith(suffix) or re.search(r"[*?\[]", path):
        pattern = path
    else:
        pattern = path.removesuffix(".bin") + suffix
    return [
        InputFile(file.path, file.name.removesuffix(suffix), file.num_bytes, file.modified)
        for file in match_files(pattern)
        if file.name.endswith(suffix)
    ]
