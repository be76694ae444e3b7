"""Charts and tables as Markdown tables, with bars of text."""

from collections.abc import Sequence

from haybale.cards.blocks import Bars, Cell, Curve, Funnel, Histogram, Number, Table
from haybale.cards.markdown_text import bar, escape, table
from haybale.cards.page.numbers import value_text
from haybale.cards.readme.inline import inline

MAX_ROWS = 100
"""Of a table; the page and card.json have more."""
MAX_CURVE_POINTS = 12


def _caption(text: str) -> list[str]:
    return [f"*{escape(text)}*", ""] if text else []


def _limited(rows: Sequence[Sequence[str]]) -> tuple[Sequence[Sequence[str]], list[str]]:
    """The first rows, and a line on the others."""
    if len(rows) <= MAX_ROWS:
        return rows, []
    more = f"{len(rows) - MAX_ROWS:,} more rows are in [card.json](card/card.json)."
    return rows[:MAX_ROWS], ["", more]


def table_lines(block: Table) -> list[str]:
    """A table; columns of numbers stand to the right."""
    if not block.rows:
        return [*_caption(block.caption), "None."]
    rows, more = _limited([[inline(cell) for cell in row] for row in block.rows])
    head = [escape(column) for column in block.columns]
    right = [at > 0 and all(_is_number(row[at]) for row in block.rows) for at in range(len(head))]
    return [*_caption(block.caption), *table(head, rows, right), *more]


def _is_number(cell: Cell) -> bool:
    if isinstance(cell, str):
        return cell == "not measured" or not any(char.isalpha() for char in cell)
    return isinstance(cell, Number)


def bars_lines(block: Bars) -> list[str]:
    """A row for each bar: its value, a bar unless values lie around a line, interval and note."""
    if not block.bars:
        return [*_caption(block.caption), "None."]
    largest = max((each.value for each in block.bars), default=0)
    notes = any(each.note for each in block.bars)
    intervals = any(each.interval for each in block.bars)
    drawn = block.baseline is None
    head = ["", escape(block.unit), *([""] if drawn else [])]
    head += [*(["95 % interval"] if intervals else []), *([""] if notes else [])]
    rows = []
    for each in block.bars:
        row = [inline(each.label), _plain(each.value)]
        row += [bar(each.value / largest if largest else 0)] if drawn else []
        if intervals:
            row.append(" to ".join(map(_plain, each.interval)) if each.interval else "")
        rows.append([*row, *([escape(each.note)] if notes else [])])
    shown, more = _limited(rows)
    right = [False, True, *([False] * (len(head) - 2))]
    return [*_caption(block.caption), *table(head, shown, right), *more]


def _plain(value: float) -> str:
    return escape(value_text(value, "count" if value == int(value) else "ratio"))


def funnel_lines(block: Funnel) -> list[str]:
    """What each step removed, what it left, and a bar of that."""
    whole = block.whole or 1
    rows = [["at the start", "", f"{block.whole:,}", bar(1 if block.whole else 0)]]
    rows += [
        [inline(step.label), f"{step.removed:,}", f"{step.left:,}", bar(step.left / whole)]
        for step in block.steps
    ]
    head = [escape(block.unit), "removed", "left", ""]
    return [*_caption(block.caption), *table(head, rows, [False, True, True, False])]


def histogram_lines(block: Histogram) -> list[str]:
    """Counts by bucket, both bounds inside, with bars."""
    largest = max((count for _, _, count in block.buckets), default=0) or 1
    rows = [
        [
            f"{low:,} to {high - 1:,}" if high - low > 1 else f"{low:,}",
            f"{count:,}",
            bar(count / largest),
        ]
        for low, high, count in block.buckets
    ]
    head = [escape(block.unit), escape(block.counted), ""]
    return [*_caption(block.caption), *table(head, rows, [True, True, False])]


def curve_lines(block: Curve) -> list[str]:
    """A few points of a rising line, the first and the last among them."""
    num = len(block.points)
    places = sorted(
        {round(at * (num - 1) / (MAX_CURVE_POINTS - 1)) for at in range(MAX_CURVE_POINTS)}
        if num > MAX_CURVE_POINTS
        else range(num)
    )
    rows = [
        [
            *(escape(value_text(each, "percent")) for each in block.points[at]),
            bar(block.points[at][1]),
        ]
        for at in places
    ]
    head = [escape(block.x), escape(block.y), ""]
    return [*_caption(block.caption), *table(head, rows, [True, True, False])]
