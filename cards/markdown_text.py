"""Pieces of Markdown: tables, bars, and text that cannot be taken for markup.

As CommonMark 0.31 and GitHub's tables read it; characters that hide or reorder text are written as
their code points.
"""

import re
from collections.abc import Iterable, Sequence

from haybale.cards.page.escape import code_points

BAR_LENGTH = 20
"""Characters of a full bar."""
MAX_EXCERPT_CHARACTERS = 300

_SIGNS = re.compile(
    r"[\\`*\[\]|<>&~$]|@(?=[a-z])"  # anywhere; what mentions somebody
    r"|(?<![^\W_])_|_(?![^\W_])"  # an underscore within a word means nothing
    r"|^[-+=#]|^\d+[.)](?=\s|$)"  # where a line begins
    r"|(?<=http)s?:(?=//)|(?<=www)\.",  # what is made a link without being asked
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[ \t\r\n]+")
_REFERENCES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "\\": "&#92;"}


def escape(text: str) -> str:
    """Text on one line in which no sign means anything."""
    return _SIGNS.sub(_harmless, code_points(one_line(text)))


def one_line(text: str) -> str:
    """Text with a space for each run of spaces, tabs and line ends; other spaces stay."""
    return _BLANKS.sub(" ", text).strip(" ")


def _harmless(found: re.Match[str]) -> str:
    sign = found[0]
    return _REFERENCES.get(sign) or f"{sign[:-1]}\\{sign[-1]}"


def code(text: str) -> str:
    """A name as it is written, within a line or a cell of a table."""
    shown = code_points(one_line(text)).replace("|", "\\|")
    if not shown:
        return ""
    fence = "`" * (1 + _longest_run(shown))
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def fenced(text: str) -> str:
    """Text by strangers as a block of code behind a fence longer than any in it, cut if long."""
    cut = text[:MAX_EXCERPT_CHARACTERS]
    shown = code_points(cut) + ("…" if len(text) > len(cut) else "")
    fence = "`" * max(3, 1 + _longest_run(shown))
    return f"{fence}text\n{shown}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """A table.

    Args:
        head: Headings, escaped.
        rows: Cells, escaped.
        right: For each column whether its cells stand to the right, as numbers do.
    """
    marks = ("---:" if each else "---" for each in right)
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(head)} |", f"|{'|'.join(marks)}|", *lines]


def bar(fraction: float) -> str:
    """A bar of text as long as a fraction in [0, 1] of a full one; a trace of what is not zero."""
    length = round(min(max(fraction, 0.0), 1.0) * BAR_LENGTH)
    return "█" * length if length or fraction <= 0 else "▏"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
