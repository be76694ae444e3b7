"""How much likelier something happened to some documents than to all others of a whole."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from haybale.cards.fact import Fact
from haybale.cards.intervals import MIN_CELL, rate_ratio

SOURCE = "rate ratio against all others (Katz et al. 1978, Biometrics 34:469)"

Labels = tuple[tuple[str, str], ...]
"""What a ratio is of: names and values of labels, in their order."""


class Cell(NamedTuple):
    """Of some documents, how many are gone, and how many there were."""

    gone: int
    of: int


def whole_of(cells: Iterable[Cell]) -> Cell:
    """All of them together."""
    every = list(cells)
    return Cell(sum(cell.gone for cell in every), sum(cell.of for cell in every))


def ratio_facts(
    measure: str, stage: str, cells: Mapping[Labels, Cell], whole: Cell
) -> Iterator[Fact]:
    """Of each cell against the rest of the whole, where both lost and kept MIN_CELL or more.

    Args:
        measure: Of the facts.
        stage: Of the facts.
        cells: Parts of the whole, by their labels; they may overlap.
        whole: What they are parts of.
    """
    for of, cell in cells.items():
        rest = Cell(whole.gone - cell.gone, whole.of - cell.of)
        if min(cell.gone, cell.of - cell.gone, rest.gone, rest.of - rest.gone) < MIN_CELL:
            continue
        ratio, low, high = (round(number, 4) for number in rate_ratio(*cell, *rest))
        labels, interval = dict(of), (low, high)
        yield Fact(
            measure,
            ratio,
            "rate ratio",
            "derived",
            labels,
            stage,
            interval=interval,
            n=cell.of,
            source=SOURCE,
        )
