"""What sections of a card are made of, before they are Markdown or a page.

Everything in a block is text to be shown, whatever it looks like: each form escapes all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from haybale.cards.fact import Fact


@dataclass(frozen=True)
class Code:
    """A name as it is written in files and commands."""

    text: str


@dataclass(frozen=True)
class Link:
    """A reference: to a section (`#languages`), or to a paper or file."""

    text: str
    target: str


@dataclass(frozen=True)
class Number:
    """A fact's value, shown with how it is known, and with its interval where it has one.

    Attributes:
        fact: Which.
        style: `count` with separators; `percent` of a fraction; `ratio` with two decimals; `scaled`
            as 1.4 trillion or 70 billion.
    """

    fact: Fact
    style: Literal["count", "percent", "ratio", "scaled"] = "count"


Inline = str | Code | Link | Number
Cell = Inline
"""An empty string is an empty cell."""


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    parts: tuple[Inline, ...]


@dataclass(frozen=True)
class Table:
    """A table with a heading for each column; the first column names the row.

    Attributes:
        caption: What it shows.
        columns: Headings.
        rows: Cells.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Bar:
    """A row of a bar chart: a label, a value of the chart's unit, and a note such as its share."""

    label: Inline
    value: float
    note: str = ""
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Bars:
    """Horizontal bars from zero, or dots with intervals around a line.

    Attributes:
        caption: What it shows.
        unit: Of all values.
        bars: From top to bottom.
        baseline: Null for bars from zero; else values are dots left and right of this one, on a
            logarithmic axis, such as ratios around 1.
    """

    caption: str
    unit: str
    bars: tuple[Bar, ...]
    baseline: float | None = None


@dataclass(frozen=True)
class FunnelStep:
    """A step of attrition: what it removed of what had come to it."""

    label: Inline
    removed: int
    left: int


@dataclass(frozen=True)
class Funnel:
    """What is left after each step, and what each removed, as parts of the whole at the start."""

    caption: str
    unit: str
    whole: int
    steps: tuple[FunnelStep, ...]


@dataclass(frozen=True)
class Histogram:
    """Counts by buckets that widen by a factor, on a logarithmic axis.

    Attributes:
        caption: What it shows.
        unit: Of the axis, such as tokens.
        counted: Of the counts, such as documents.
        buckets: Low, high (outside) and count, rising.
    """

    caption: str
    unit: str
    counted: str
    buckets: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Curve:
    """A rising line of shares, such as the share of text in the largest share of domains.

    Attributes:
        caption: What it shows.
        x: What the horizontal share is of.
        y: What the vertical share is of.
        points: Both in [0, 1], rising.
    """

    caption: str
    x: str
    y: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Grid:
    """Charts of the same kind side by side, to be compared."""

    charts: tuple["Bars | Funnel | Histogram | Curve", ...]


@dataclass(frozen=True)
class Excerpts:
    """Text by strangers, shown as it is written and as nothing else.

    Attributes:
        label: What they are samples of.
        note: One line on each: subset, document, what the rule measured.
        texts: At most 300 characters each.
    """

    label: Inline
    notes: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """A list of names with an explanation each."""

    items: tuple[tuple[Inline, tuple[Inline, ...]], ...]


Block = Prose | Table | Bars | Funnel | Histogram | Curve | Grid | Excerpts | Terms


@dataclass(frozen=True)
class Section:
    """A part of the card with a heading.

    Attributes:
        anchor: Its name in links, stable over versions.
        title: Its heading.
        blocks: Its content.
        parts: Sections below it.
    """

    anchor: str
    title: str
    blocks: Sequence[Block]
    parts: Sequence["Section"] = ()
