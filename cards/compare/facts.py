"""Facts that moved between two cards."""

from dataclasses import dataclass
from typing import Any

from haybale.cards.card import Card
from haybale.cards.fact import Fact


@dataclass(frozen=True)
class MovedFact:
    """A fact of both cards with two values.

    Attributes:
        id: Of the fact.
        unit: Of the new value.
        before: Old value; null where it was not measured.
        after: New value; likewise.
        relative: Change over the old value; null unless both are numbers and the old is not 0.
        intervals_overlap: Whether both estimates may be of the same number; null unless both have
            an interval.
    """

    id: str
    unit: str
    before: Any
    after: Any
    relative: float | None
    intervals_overlap: bool | None


def moved_facts(old: Card, new: Card) -> list[MovedFact]:
    """Facts with another value, those that moved most of their value first."""
    moved = [
        _moved(before, after)
        for name, after in new.facts.items()
        if (before := old.facts.get(name)) is not None and before.value != after.value
    ]
    return sorted(moved, key=lambda fact: (-_distance(fact), fact.id))


def facts_only_in(one: Card, other: Card) -> list[str]:
    """Ids of facts that the other card has not."""
    return sorted(one.facts.keys() - other.facts.keys())


def _moved(before: Fact, after: Fact) -> MovedFact:
    relative = None
    if isinstance(before.value, int | float) and isinstance(after.value, int | float):
        relative = (after.value - before.value) / abs(before.value) if before.value else None
    overlap = None
    if before.interval and after.interval:
        overlap = max(before.interval[0], after.interval[0]) <= min(
            before.interval[1], after.interval[1]
        )
    return MovedFact(after.id, after.unit, before.value, after.value, relative, overlap)


def _distance(fact: MovedFact) -> float:
    """What is no number, or was 0, moved furthest."""
    return float("inf") if fact.relative is None else abs(fact.relative)
