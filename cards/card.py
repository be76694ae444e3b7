"""A card as its readers ask it: facts by measure and by what they are of."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from haybale.cards.fact import Fact, Value

FORMAT = "haybale/card@2"


class Card:
    """The content of a `card.json`.

    Args:
        raw: As `haybale.cards.facts.build_facts` makes it.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self.name: str = raw["name"]
        self.declared: Mapping[str, Any] = raw["declared"]
        self.recipe: Mapping[str, Any] = raw["recipe"]
        self.lineage: Mapping[str, Any] = raw["lineage"]
        self.subsets: list[str] = raw["subsets"]
        self.measures: Mapping[str, str] = raw["measures"]
        self.samples: list[Mapping[str, Any]] = raw["samples"]

    @cached_property
    def facts(self) -> dict[str, Fact]:
        """All facts by id, in the card's order."""
        return {fact["id"]: Fact.from_json(fact) for fact in self.raw["facts"]}

    @cached_property
    def _tables(self) -> dict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], Fact]]:
        tables: dict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], Fact]] = {}
        for fact in self.facts.values():
            table = tables.setdefault((fact.measure, tuple(fact.of)), {})
            table[tuple(fact.of.values())] = fact
        return tables

    def table(self, measure: str, *labels: str) -> dict[tuple[str, ...], Fact]:
        """Facts of a measure that are of exactly these labels, by the values of the labels.

        `card.table("attrition.dropped.documents", "subset", "rule")` has keys such as
        `("web", "gopher/word_count@1")`.
        """
        return self._tables.get((measure, labels), {})

    def find(self, measure: str, **of: str) -> Fact | None:
        """One fact; None where the card has none of it."""
        return self.table(measure, *of).get(tuple(of.values()))

    def value(self, measure: str, default: Value = 0, **of: str) -> Any:
        """The value of a fact; `default` where there is none: 0 for what never occurred."""
        fact = self.find(measure, **of)
        return default if fact is None or fact.value is None else fact.value
