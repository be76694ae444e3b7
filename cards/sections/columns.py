"""Tables with a row for each subset, language or stage, and a column for each measure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from haybale.cards.blocks import Cell, Table
from haybale.cards.card import Card
from haybale.cards.sections.cells import Style, cell


@dataclass(frozen=True)
class Column:
    """A measure as a column.

    Attributes:
        head: Its heading.
        measure: Whose facts stand in it.
        style: How they are written.
    """

    head: str
    measure: str
    style: Style = "count"


def fact_table(
    card: Card,
    caption: str,
    first: str,
    columns: Iterable[Column],
    rows: Iterable[tuple[Cell, Mapping[str, str]]],
) -> Table:
    """A table of facts; a cell is empty where the card has no such fact.

    Args:
        card: The card.
        caption: What it shows.
        first: Heading of the first column.
        columns: The others.
        rows: Name of each row, and what its facts are of.
    """
    columns = tuple(columns)
    cells = tuple(
        (name, *(cell(card.find(column.measure, **of), column.style) for column in columns))
        for name, of in rows
    )
    return Table(caption, (first, *(column.head for column in columns)), cells)
