"""Pieces of Markdown: tables, bars, and text that cannot be taken for markup."""

import re
from collections.abc import Iterable

_BAR_LENGTH = 24  # characters of a full bar


def table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    """A table: the first column to the left, the others to the right, one without a head left."""
    body = [f"| {' | '.join(row)} |" for row in rows]
    marks = ["---", *("---:" for _ in head[1:])]
    if head[-1] == "":
        marks[-1] = "---"
    return [f"| {' | '.join(head)} |", f"|{'|'.join(marks)}|", *body]


def number(value: float) -> str:
    """With commas between thousands."""
    return f"{value:,}"


def bar(part: int, whole: int) -> str:
    """A bar of text, and the share in words."""
    if not whole:
        return ""
    length = round(part / whole * _BAR_LENGTH)
    share = f"{part / whole:.1%}".replace("%", " %")
    return f"`{'█' * length}{'░' * (_BAR_LENGTH - length)}` {share}"


def escape(text: str) -> str:
    """Text that cannot be taken for markup: one line, signs of Markdown and HTML made harmless."""
    visible = "".join(_shown(char) for char in " ".join(text.split()))
    return re.sub(r"([\\`*_{}\[\]()#+!|<>&~$-])", r"\\\1", visible).replace("\\<", "&lt;")


def fenced(text: str) -> str:
    """Text as a block of code: behind a fence longer than any in it."""
    visible = "".join(char if char == "\n" else _shown(char) for char in text)
    longest = max((len(run) for run in re.findall(r"`+", visible)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{visible}\n{fence}"


def _shown(char: str) -> str:
    """The character, or its code point where it would be invisible or turn the text around."""
    return char if char.isprintable() else f"<U+{ord(char):04X}>"
