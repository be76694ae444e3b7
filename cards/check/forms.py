"""Whether every form of a card is what this release makes of its card.json."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from haybale.cards.check.finding import EDITED, Finding
from haybale.cards.forms import CROISSANT_PATH, FILES_PATH, Forms
from haybale.corpus.storage import Folder

MAX_SHOWN = 80
"""Characters of a line that differs."""


def check_forms(folder: Folder, forms: Forms) -> Iterator[Finding]:
    """Findings on the forms that are text: made again, and compared line by line.

    Args:
        folder: Of the card.
        forms: As this release makes them.
    """
    for path, expected in forms.items():
        if not folder.exists(path):
            yield Finding(path, "this form of the card", "no file", EDITED)
            continue
        found = folder.read(path)
        if found != expected:
            yield _difference(path, expected, found)


def check_croissant(folder: Folder) -> Iterator[Finding]:
    """Whether croissant.json parses and names the list of files that is there."""
    if not folder.exists(CROISSANT_PATH) or not folder.exists(FILES_PATH):
        return
    try:
        described = json.loads(folder.read(CROISSANT_PATH))
        found = _checksums(described)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        yield Finding(CROISSANT_PATH, "JSON with a distribution", str(error), EDITED)
        return
    expected = hashlib.sha256(folder.read(FILES_PATH)).hexdigest()
    if found != {"manifest.jsonl": expected}:
        yield Finding(
            CROISSANT_PATH, f"sha256 {expected} of manifest.jsonl", f"{found or 'none'}", EDITED
        )


def _checksums(described: Mapping[str, Any]) -> dict[str, str]:
    return {
        each["contentUrl"]: each["sha256"]
        for each in described["distribution"]
        if "contentUrl" in each
    }


def _difference(path: str, expected: bytes, found: bytes) -> Finding:
    """The first line that differs."""
    try:
        lines = [text.decode("utf-8").splitlines() for text in (expected, found)]
    except UnicodeDecodeError:
        return Finding(path, "text in UTF-8", "other bytes", EDITED)
    pairs = enumerate(zip_longest(*lines), 1)
    at, (left, right) = next(
        ((at, pair) for at, pair in pairs if pair[0] != pair[1]), (len(lines[0]), ("", ""))
    )
    start = _first_difference(left, right)
    return Finding(
        path,
        f"what this release makes of card.json, at line {at} {_shown(left, start)}",
        _shown(right, start),
        "it was edited, or made by another release: make it again with haybale card build",
    )


def _first_difference(left: str | None, right: str | None) -> int:
    """Where in a line the part to be shown begins, so that the difference is in it."""
    same = 0
    for ours, theirs in zip(left or "", right or "", strict=False):
        if ours != theirs:
            break
        same += 1
    return same - MAX_SHOWN // 2 if same > MAX_SHOWN // 2 else 0


def _shown(line: str | None, start: int) -> str:
    if line is None:
        return "no line"
    before, after = "..." if start else "", "..." if len(line) > start + MAX_SHOWN else ""
    return repr(f"{before}{line[start : start + MAX_SHOWN]}{after}")
