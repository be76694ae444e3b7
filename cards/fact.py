"""One number of a card, and how it is known."""

from dataclasses import dataclass
from typing import Literal

How = Literal["exact", "sketch", "sample", "declared", "derived", "not_measured"]
"""`exact`: counted, every time it occurred. `sketch`, `sample`: estimated, with an interval.
`declared`: a person's word. `derived`: arithmetic on other facts. `not_measured`: and why."""


@dataclass(frozen=True)
class Fact:
    """A number of a card.

    Attributes:
        id: Dotted name, stable over versions.
        value: Null where it was not measured.
        unit: Of the value.
        how: How it is known.
        stage: Which counted it.
        interval: Lower and upper bound, 95 %, where it is an estimate.
        n: What an estimate rests on.
        why_missing: Why there is no value.
    """

    id: str
    value: int | float | str | None
    unit: str
    how: How
    stage: str = ""
    interval: tuple[float, float] | None = None
    n: int | None = None
    why_missing: str = ""


def exact(name: str, value: int, unit: str, stage: str = "tokenize") -> Fact:
    """A counted number."""
    return Fact(name, value, unit, "exact", stage)
