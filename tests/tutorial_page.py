"""A tutorial as its reader meets it: files to save, commands to type, what they print.

Of fenced blocks, in the order of the page:

- `sh` is typed into one shell, which stays open from the first to the last;
- another language's, whose first line is a comment with a file's name, is saved there;
- `text` straight after `sh` is what the commands print: these lines, in this order, others between
  them allowed; `…` stands for anything within a line, and alone in one for any lines.

A block whose info string ends in `not run` is neither typed nor saved.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCED = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE_NAME = re.compile(r"(?:#|//) ([\w./-]+\.\w+)$")
_DURATION = re.compile(r"^Takes about (\d+) (seconds|minutes?)\b", re.MULTILINE)
ELLIPSIS = "…"


@dataclass(frozen=True)
class File:
    """What a reader saves."""

    name: str
    text: str


@dataclass(frozen=True)
class Commands:
    """What a reader types, and the lines that it prints."""

    text: str
    printed: str


def steps(page: Path) -> Iterator[File | Commands]:
    """What the page has its reader do.

    Raises:
        ValueError: A block of a language that has none of these meanings.
    """
    blocks = _FENCED.findall(page.read_text())
    for place, (info, text) in enumerate(blocks):
        if info.endswith("not run"):
            continue
        if info == "sh":
            following = blocks[place + 1] if place + 1 < len(blocks) else ("", "")
            yield Commands(text, following[1] if following[0] == "text" else "")
        elif info != "text":
            named = _FILE_NAME.match(text.partition("\n")[0])
            if not named:
                raise ValueError(f"{page.name}: block {place + 1} ({info}): expected a file's name")
            yield File(named[1], text)


def stated_seconds(page: Path) -> int:
    """How long the page says that it takes: `Takes about 3 minutes`."""
    found = _DURATION.search(page.read_text())
    if not found:
        raise ValueError(f"{page.name}: expected a line that begins with 'Takes about N minutes'")
    return int(found[1]) * (1 if found[2] == "seconds" else 60)


def missing_line(printed: str, expected: str) -> str | None:
    """The first of the expected lines that was not printed after those before it."""
    rest = iter(printed.splitlines())
    for line in expected.splitlines():
        if line.strip() == ELLIPSIS:
            continue
        pattern = ".*".join(re.escape(part) for part in line.strip().split(ELLIPSIS))
        if not any(re.fullmatch(pattern, found.strip()) for found in rest):
            return line
    return None
