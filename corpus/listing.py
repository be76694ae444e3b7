"""Which files a recipe's paths and patterns mean."""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from haybale.corpus.errors import RecipeError
from haybale.corpus.places import Place, place_of
from haybale.corpus.stored import StoredFile
from haybale.corpus.stores import store_of


@dataclass(frozen=True)
class InputFile:
    """A file that a recipe's pattern matched.

    Attributes:
        path: Full path or URI, to open it with.
        name: Path relative to the fixed part of the pattern: what enters ids and manifests.
        num_bytes: Size.
        modified: Modification time in nanoseconds, 0 where the storage tells none.
    """

    path: str
    name: str
    num_bytes: int
    modified: int


def match_files(pattern: str) -> list[InputFile]:
    """The files that a path or glob matches, sorted by name.

    `*` and `?` stay within one folder, `**` crosses folders, `[...]` is a set of characters. Links
    are followed; a folder that a link makes its own ancestor is listed once.

    Raises:
        RecipeError: If a match is a link to nowhere, or its name cannot be kept: it is not UTF-8,
            or leads out of its folder.
    """
    place = place_of(pattern)
    fixed, glob = _split_pattern(place.path)
    if not place.is_local and fixed == "/":
        raise RecipeError(f"{place}: expected the name of a bucket, found a pattern; name it")
    folder = replace(place, path=fixed)
    store = store_of(folder)
    if not glob:
        if (info := store.stat(fixed)) is None:
            _refuse_broken_link(folder)
            return []
        return [_input_file(folder, info, Path(fixed).name)]
    crosses = "/" in glob or "**" in glob
    expression = _glob_expression(glob)
    found = []
    for info in store.list(fixed, recursive=crosses):
        name = info.path.removeprefix(fixed).lstrip("/")
        if expression.fullmatch(name):
            found.append(_input_file(folder.child(name), info, name))
    return sorted(found, key=lambda file: file.name)


def match_file(path: str) -> InputFile | None:
    """What is now known of a file that `match_files` found, by its path; None if it is gone."""
    place = place_of(path)
    info = store_of(place).stat(place.path)
    return None if info is None else InputFile(path, path, info.num_bytes, info.modified)


def _input_file(place: Place, info: StoredFile, name: str) -> InputFile:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise RecipeError(
            f"{os.fsencode(place.path)!r}: expected a file name in UTF-8, found another: it enters "
            "ids and manifests; rename the file"
        ) from None
    if {".", "..", ""} & set(name.split("/")):
        raise RecipeError(
            f"{place}: expected a file name without empty, . and .. parts, found {name!r}; rename "
            "the file"
        )
    if info.num_bytes < 0:
        _refuse_broken_link(place)
        raise RecipeError(f"{place}: matches, and is no file; remove it or narrow the pattern")
    return InputFile(place.uri, name, info.num_bytes, info.modified)


def _refuse_broken_link(place: Place) -> None:
    if place.is_local and Path(place.path).is_symlink():
        raise RecipeError(
            f"{place}: is a link to {Path(place.path).readlink()}, where there is no file; mend "
            "the link or remove it"
        )


def _split_pattern(pattern: str) -> tuple[str, str]:
    """The folder before the first wildcard, and the rest; no rest where there is no wildcard."""
    wildcard = re.search(r"[*?\[]", pattern)
    if not wildcard:
        return pattern, ""
    fixed, _, _ = pattern[: wildcard.start()].rpartition("/")
    return fixed or "/", pattern[len(fixed) + 1 :]


def _glob_expression(glob: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", glob)
    meanings = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile(
        "".join(
            meanings.get(part)
            or ("[" + part[1:-1].replace("!", "^", 1) + "]" if part[:1] == "[" else re.escape(part))
            for part in parts
        )
    )
