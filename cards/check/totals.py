"""Totals of a card that are the sums of its parts."""

from collections.abc import Iterator
from typing import NamedTuple

from haybale.cards.card import Card
from haybale.cards.check.sides import Sides, named, whole_number

_UNITS = ("documents", "text_bytes", "tokens")
_SIZES = ("documents", "text_bytes")
_OUTCOMES = (
    *("dropped", "hit", "barely_hit", "nearly_hit", "skipped", "removed", "edited", "inserted"),
)


class Total(NamedTuple):
    """A measure by some labels is its sum over further ones, or the sum of another measure.

    Attributes:
        whole: The measure of the totals.
        labels: Of the totals.
        part: The measure that is summed.
        part_labels: Of it; `labels` among them.
    """

    whole: str
    labels: tuple[str, ...]
    part: str
    part_labels: tuple[str, ...]


TOTALS = (
    *(
        Total(f"corpus.{unit}", labels, f"corpus.{unit}", ("split", "subset"))
        for unit in (*_UNITS, "shards")
        for labels in ((), ("split",), ("subset",))
    ),
    *(
        Total(f"ingest.{outcome}.{unit}", (), f"ingest.{outcome}.{unit}", (label,))
        for outcome in ("read", "kept")
        for unit in _SIZES
        for label in ("subset", "language")
    ),
    *(
        Total(
            f"attrition.{outcome}.{unit}",
            ("rule",),
            f"attrition.{outcome}.{unit}",
            ("subset", "rule"),
        )
        for outcome in _OUTCOMES
        for unit in _SIZES
    ),
    *(Total(f"corpus.{unit}", (), f"language.{unit}", ("language",)) for unit in _UNITS),
    *(
        Total(f"corpus.{unit}", ("subset",), f"license.{unit}", ("subset", "license"))
        for unit in _UNITS
    ),
    *(
        Total(f"license.{unit}", ("license_class",), f"license.{unit}", ("subset", "license_class"))
        for unit in _UNITS
    ),
    *(
        Total(f"people.{unit}", ("what",), f"people.{unit}", ("subset", "what"))
        for unit in ("documents", "items", "kept")
    ),
    *(
        Total(f"duplicates.{unit}", (), f"duplicates.{unit}", (label,))
        for unit in _SIZES
        for label in ("subset", "method")
    ),
)
"""A total is checked where the card has both of its sides."""


def totals(card: Card) -> Iterator[Sides]:
    """Every total with the sum of its parts."""
    for total in TOTALS:
        yield from _total(card, total)


def _total(card: Card, total: Total) -> Iterator[Sides]:
    parts = card.table(total.part, *total.part_labels)
    wholes = card.table(total.whole, *total.labels)
    if not parts or not wholes:
        return
    places = [total.part_labels.index(label) for label in total.labels]
    sums: dict[tuple[str, ...], int] = {}
    for key, fact in parts.items():
        group = tuple(key[place] for place in places)
        sums[group] = sums.get(group, 0) + whole_number(fact.value)
    for key in sorted(sums.keys() | wholes.keys()):
        whole = wholes.get(key)
        value = 0 if whole is None else whole_number(whole.value)
        name = named(total.whole, dict(zip(total.labels, key, strict=True)))
        yield Sides(
            name,
            value,
            f"the sum of {total.part} over {', '.join(total.part_labels)}",
            sums.get(key, 0),
        )
