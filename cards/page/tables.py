"""Tables: in a frame of their own that scrolls sideways, numbers to the right.

How the numbers of a column are known stands once at its head, and beside those that are known in
another way.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from haybale.cards.blocks import Cell, Number, Table
from haybale.cards.fact import Fact, How
from haybale.cards.page.context import Context
from haybale.cards.page.element import element, inside
from haybale.cards.page.escape import Markup, join
from haybale.cards.page.inline import cell as cell_text
from haybale.cards.page.inline import how_tag, measure_anchor, value
from haybale.cards.page.limits import ELSEWHERE

NUM_OPEN_ROWS = 24
"""Further ones are folded away."""
_NUMERIC = re.compile(r"[<>≥≤±+−-]?\s?[\d,.\s\u202f]+(%|×|‰)?|—|–|not measured|")
Rows = Sequence[Sequence[Cell]]


class _Head(NamedTuple):
    """How the numbers of a column are known, at its head.

    Attributes:
        fact: One of them.
        same_measure: Whether all are of its measure; else each is a link to its own.
    """

    fact: Fact
    same_measure: bool

    @property
    def how(self) -> How:
        """What the tag says."""
        return self.fact.how


def table_block(table: Table, context: Context) -> Markup:
    """A table; where it is long its end is folded, and where it is too long cut, and it says so."""
    shown = table.rows[: context.limits.max_rows]
    first, folded = shown[:NUM_OPEN_ROWS], shown[NUM_OPEN_ROWS:]
    if len(folded) < NUM_OPEN_ROWS // 3:
        first, folded = shown, ()
    parts = [framed(table.caption, table.columns, first)]
    if folded:
        parts.append(
            element(
                "details",
                element("summary", f"{len(folded)} more rows"),
                framed(f"{table.caption}, continued", table.columns, folded),
            )
        )
    if len(shown) < len(table.rows):
        parts.append(cut_note(len(shown), len(table.rows), "rows"))
    return element("div", *parts, class_="block")


def cut_note(num_shown: int, num_all: int, what: str) -> Markup:
    """That a list goes on, and where."""
    return element(
        "p", f"{num_shown:,} of {num_all:,} {what} are shown. {ELSEWHERE}", class_="note"
    )


def framed(
    caption: str, columns: Sequence[str], rows: Rows, caption_class: str | None = None
) -> Markup:
    """A table in a frame that the keyboard can reach and scroll.

    Args:
        caption: What it shows.
        columns: Headings; an empty one heads nothing.
        rows: Cells.
        caption_class: `unseen` where the caption stands above already.
    """
    upright = [[row[place] for row in rows] for place in range(len(columns))]
    heads = [_head(cells) for cells in upright]
    right = [place > 0 and _is_numeric(cells) for place, cells in enumerate(upright)]
    body = [_row(row, heads, right) for row in rows]
    return _frame(
        caption,
        element("caption", caption, class_=caption_class),
        element("thead", element("tr", *map(_column_head, columns, heads, right))),
        element("tbody", join(body, "\n")),
    )


def _frame(caption: str, *parts: Markup) -> Markup:
    """What every table stands in."""
    return element(
        "div",
        element("table", *parts),
        class_="frame",
        tabindex=0,
        role="group",
        aria_label=f"Table: {caption}",
    )


def _column_head(name: str, head: _Head | None, is_right: bool) -> Markup:
    class_ = None if is_right else "text"
    if not name and head is None:
        return element("td", class_=class_)
    written = inside(name, " ", how_tag(head.fact)) if head else inside(name)
    return element("th", written, scope="col", class_=class_)


def _row(row: Sequence[Cell], heads: Sequence[_Head | None], right: Sequence[bool]) -> Markup:
    cells = [
        element("td", _cell(cell, head), class_=None if is_right else "text")
        for cell, head, is_right in zip(row[1:], heads[1:], right[1:], strict=True)
    ]
    name = cell_text(row[0])
    head = element("th", name, scope="row", class_="text") if name else element("td", class_="text")
    return element("tr", head, *cells)


def _cell(cell: Cell, head: _Head | None) -> Markup:
    if not isinstance(cell, Number) or head is None or head.how != cell.fact.how:
        return cell_text(cell)
    if head.same_measure:
        return value(cell)
    return element("a", value(cell), href=f"#{measure_anchor(cell.fact.measure)}", class_="number")


def _head(cells: Sequence[Cell]) -> _Head | None:
    """How most numbers of a column are known; null where no way is that of most."""
    facts = [cell.fact for cell in cells if isinstance(cell, Number)]
    facts = [fact for fact in facts if fact.value is not None] or facts
    if not facts:
        return None
    how, count = Counter(fact.how for fact in facts).most_common(1)[0]
    if 2 * count <= len(facts):
        return None
    first = next(fact for fact in facts if fact.how == how)
    return _Head(first, all(fact.measure == first.measure for fact in facts))


def _is_numeric(cells: Sequence[Cell]) -> bool:
    return all(
        not isinstance(cell.fact.value, str)
        if isinstance(cell, Number)
        else isinstance(cell, str) and _NUMERIC.fullmatch(cell) is not None
        for cell in cells
    )
