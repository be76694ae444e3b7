"""Cells of tables, shares in words, and rows by size."""

from collections.abc import Mapping
from typing import Literal

from haybale.cards.blocks import Cell, Number
from haybale.cards.fact import Fact

Style = Literal["count", "percent", "ratio", "scaled"]
"""See `haybale.cards.blocks.Number`."""

Key = tuple[str, ...]


def cell(fact: Fact | None, style: Style = "count") -> Cell:
    """A fact's value; empty where there is no such fact."""
    if fact is None:
        return ""
    return "not measured" if fact.value is None else Number(fact, style)


def amount(fact: Fact | None) -> float:
    """A fact's number; 0 for what never occurred.

    Raises:
        TypeError: If the fact is a text or a histogram.
    """
    if fact is None or fact.value is None:
        return 0
    if not isinstance(fact.value, int | float):
        raise TypeError(f"{fact.id}: expected a number, found {fact.value!r}")
    return fact.value


def by_size(table: Mapping[Key, Fact]) -> list[Key]:
    """Keys of a table, those with the largest facts first."""
    return sorted(table, key=lambda key: (-amount(table[key]), key))


def share(part: float, whole: float) -> str:
    """A part of a whole, such as `12.5 %`; empty where there is no whole.

    Only nothing is `0.0 %`, and only all is `100.0 %`.
    """
    if not whole:
        return ""
    text = f"{part / whole:.1%}".replace("%", " %")
    if text == "0.0 %" and part:
        return "< 0.1 %"
    return "> 99.9 %" if text == "100.0 %" and part < whole else text
