"""A chart on the page: a drawing with a name and a sentence, and its numbers as a table."""

import re
from dataclasses import dataclass

from haybale.cards.blocks import Cell
from haybale.cards.page.context import Context
from haybale.cards.page.element import Child, drawn, element
from haybale.cards.page.escape import Markup, code_points
from haybale.cards.page.tables import cut_note, framed

_LINE_BREAKS = re.compile(r"[ \t\n]+")


@dataclass(frozen=True)
class Drawing:
    """A chart before it stands on a page.

    Attributes:
        caption: What it shows.
        sentence: What a reader sees in it, for those who do not see it; from its numbers.
        height: In pixels. The width is that of the page: lengths across are percentages, so that
            text keeps its size on a phone.
        marks: What is drawn.
        columns: Headings of its table.
        rows: Cells of its table, of everything.
        num_drawn: How many of the rows the drawing has; null: all.
        room: Classes that leave room for labels left and right of the drawing.
        notes: Lines below.
    """

    caption: str
    sentence: str
    height: float
    marks: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    num_drawn: int | None = None
    room: str = ""
    notes: tuple[str, ...] = ()


def figure(drawing: Drawing, context: Context) -> Markup:
    """A chart with caption, notes, and its data folded below."""
    name = context.anchor("chart")
    title, sentence = f"{name}-title", f"{name}-sentence"
    notes: list[Child] = [element("p", note, class_="note") for note in drawing.notes]
    num_all = len(drawing.rows)
    if drawing.num_drawn is not None and drawing.num_drawn < num_all:
        drawn_note = f"{drawing.num_drawn:,} of {num_all:,} rows of the data are drawn."
        notes.append(element("p", drawn_note, class_="note"))
    rows = drawing.rows[: context.limits.max_rows]
    data = [
        element("summary", "Data", element("span", f" of {drawing.caption}", class_="unseen")),
        framed(drawing.caption, drawing.columns, rows, caption_class="unseen"),
    ]
    if len(rows) < num_all:
        data.append(cut_note(len(rows), num_all, "rows"))
    return element(
        "figure",
        element("figcaption", drawing.caption),
        element(
            "svg",
            element("title", drawn(drawing.caption), id=title),
            element("desc", drawn(drawing.sentence), id=sentence),
            drawing.marks,
            class_=f"chart {drawing.room}".rstrip(),
            role="img",
            aria_labelledby=title,
            aria_describedby=sentence,
            height=drawing.height,
        ),
        *notes,
        element("details", *data),
        class_="block",
    )


def label(
    text: str,
    x: str | float,
    y: float,
    class_: str | None = None,
    anchor: str | None = None,
    dx: float | None = None,
) -> Markup:
    """A line of text in a drawing."""
    return element("text", drawn(text), x=x, y=y, dx=dx, class_=class_, text_anchor=anchor)


def shorten(text: str, max_characters: int) -> str:
    """A label that fits; the whole one stands in the table below."""
    text = _LINE_BREAKS.sub(" ", code_points(text))
    return text if len(text) <= max_characters else f"{text[: max_characters - 1]}…"
