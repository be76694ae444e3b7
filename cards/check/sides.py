"""Two numbers of a card that must be the same."""

from collections.abc import Mapping
from typing import NamedTuple


class Sides(NamedTuple):
    """A number, and what else it should be, each with its name."""

    left: str
    expected: int
    right: str
    found: int


def named(measure: str, of: Mapping[str, str]) -> str:
    """A fact's id, whether the card has the fact or not."""
    return ".".join([measure, *(f"{label}={value}" for label, value in of.items())])


def whole_number(value: object) -> int:
    """A count; 0 for what was not counted."""
    return value if isinstance(value, int) else 0
