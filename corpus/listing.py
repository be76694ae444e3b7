"""Which files a recipe's paths and patterns mean."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.fs as pafs

from haybale.corpus.storage import resolve


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

    `*` and `?` stay within one folder, `**` crosses folders, `[...]` is a set of characters.
    """
    fixed, glob = _split_pattern(pattern)
    filesystem, root = resolve(fixed)
    if not glob:
        info = filesystem.get_file_info(root)
        return [_input_file(info, pattern, Path(root).name)] if info.is_file else []
    crosses = "/" in glob or "**" in glob
    selector = pafs.FileSelector(root, allow_not_found=True, recursive=crosses)
    expression = _glob_expression(glob)
    found = []
    for info in filesystem.get_file_info(selector):
        name = info.path.removeprefix(root).lstrip("/")
        if info.is_file and expression.fullmatch(name):
            found.append(_input_file(info, f"{fixed.rstrip('/')}/{name}", name))
    return sorted(found, key=lambda file: file.name)


def _input_file(info: Any, path: str, name: str) -> InputFile:
    return InputFile(path, name, info.size, info.mtime_ns or 0)


def _split_pattern(pattern: str) -> tuple[str, str]:
    """The folder before the first wildcard, and the rest; no rest where there is no wildcard."""
    wildcard = re.search(r"[*?\[]", pattern)
    if not wildcard:
        return pattern, ""
    fixed, _, _ = pattern[: wildcard.start()].rpartition("/")
    if not fixed and not pattern.startswith("/"):
        return ".", pattern
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
