"""Rows of a corpus printed for people, one value a line, or as JSON."""

import json
import sys
from typing import Any

_EXCERPT = 400


class Marked(str):
    """A text that was shortened already."""

    __slots__ = ()


def print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> int:
    """Print; values that say nothing are left out for people."""
    if as_json:
        json.dump(rows, sys.stdout, indent=2, default=plain)
        print()
        return 0
    for row in rows:
        for name, value in row.items():
            if value not in (None, {}, []):
                print(f"{name}: {shown(value)}")
        print()
    return 0


def shown(value: object) -> str:
    """A value on one line: control characters as escapes, so that text cannot drive a terminal."""
    if isinstance(value, dict):
        known = {key: item for key, item in value.items() if item is not None}
        return "".join(f"\n  {key}: {shown(item)}" for key, item in known.items())
    if isinstance(value, list):
        return "".join(f"\n  - {shown(item)}" for item in value)
    text = plain(value) if isinstance(value, bytes) else str(value)
    whole = len(text) <= _EXCERPT or isinstance(value, Marked)
    short = text if whole else f"{text[:_EXCERPT]}... ({len(text):,} characters)"
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in short)


def plain(value: object) -> str:
    """What JSON cannot say: ids as hex."""
    return value.hex() if isinstance(value, bytes) else str(value)
