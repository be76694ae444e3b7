"""How much likelier something happened to some documents than to all others of the same stratum."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from haybale.cards.fact import Fact
from haybale.cards.intervals import MIN_CELL, TwoGroups, rate_ratio

WITHIN_SUBSETS = (
    "rate ratio within subsets (Mantel and Haenszel 1959; interval: Greenland and Robins 1985)"
)
AGAINST_ALL = "rate ratio against all others (Katz et al. 1978, Biometrics 34:469)"

Labels = tuple[tuple[str, str], ...]
"""What a ratio is of: names and values of labels, in their order."""


class Cell(NamedTuple):
    """Of some documents, how many are gone, and how many there were."""

    gone: int
    of: int


_NONE = TwoGroups(0, 0, 0, 0)

Strata = Mapping[str, Cell]
"""Cells by what is compared only with its like: the subset."""


def whole_of(cells: Iterable[Cell]) -> Cell:
    """All of them together."""
    every = list(cells)
    return Cell(sum(cell.gone for cell in every), sum(cell.of for cell in every))


def ratio_facts(
    measure: str, stage: str, parts: Mapping[Labels, Strata], wholes: Strata, source: str
) -> Iterator[Fact]:
    """Of each part against the rest of the same strata.

    A stratum where nothing is gone, or where there is none of the part or of the rest, tells
    nothing of the ratio. In the others together both sides must have lost and kept MIN_CELL
    documents or more: else there is no fact.

    Args:
        measure: Of the facts.
        stage: Of the facts.
        parts: Documents of the wholes, by their labels; parts may overlap.
        wholes: What they are parts of.
        source: The formula's.
    """
    for of, strata in parts.items():
        tables = (_groups(cell, wholes[name]) for name, cell in strata.items())
        compared = [one for one in tables if one.gone + one.others_gone and one.of and one.others]
        gone, num, others_gone, others = (
            sum(column) for column in zip(_NONE, *compared, strict=True)
        )
        if min(gone, num - gone, others_gone, others - others_gone) < MIN_CELL:
            continue
        ratio, low, high = (round(number, 4) for number in rate_ratio(compared))
        labels, interval = dict(of), (low, high)
        yield Fact(measure, ratio, "rate ratio", "derived", labels, stage, interval, num, source)


def _groups(cell: Cell, whole: Cell) -> TwoGroups:
    return TwoGroups(*cell, whole.gone - cell.gone, whole.of - cell.of)
