"""Numbers that say how sure they are and where they come from."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Origin = Literal["measured", "computed", "assumed", "given"]
"""`measured` on the sample, and extrapolated from it; `computed` by formula from numbers that are
measured or exactly known; `assumed`: a constant that is shown; `given` by the user."""

_WEAKER: tuple[Origin, ...] = ("given", "measured", "computed", "assumed")


def weakest(*origins: Origin) -> Origin:
    """Where a number comes from that follows from such: what is least known decides."""
    return max(origins, key=_WEAKER.index)


@dataclass(frozen=True)
class Quantity:
    """A number with an interval.

    Attributes:
        value: The best estimate.
        low: Lower end of the interval.
        high: Its upper end.
        origin: Where it comes from.
    """

    value: float
    low: float
    high: float
    origin: Origin = "measured"

    @classmethod
    def exact(cls, value: float, origin: Origin = "computed") -> "Quantity":
        """A number without an interval."""
        return cls(value, value, value, origin)

    @classmethod
    def of(cls, ends: Iterable[float], origin: Origin = "measured") -> "Quantity":
        """From value, low and high."""
        value, low, high = ends
        return cls(value, low, high, origin)

    def __add__(self, other: "Quantity") -> "Quantity":
        """The sum of two that may go wrong together: the ends add."""
        return Quantity(
            self.value + other.value,
            self.low + other.low,
            self.high + other.high,
            weakest(self.origin, other.origin),
        )

    def scaled(self, factor: float, origin: Origin = "given") -> "Quantity":
        """So many times as much.

        Args:
            factor: At least 0.
            origin: Of the factor; the weaker one of both is the product's.
        """
        ends = (number * factor for number in (self.value, self.low, self.high))
        return Quantity.of(ends, weakest(self.origin, origin))

    def times(self, other: "Quantity", origin: Origin = "computed") -> "Quantity":
        """The product of two numbers of at least 0 that may go wrong together.

        Args:
            other: The second.
            origin: Of the formula; the weakest one of all three is the product's.
        """
        return Quantity(
            self.value * other.value,
            self.low * other.low,
            self.high * other.high,
            weakest(self.origin, other.origin, origin),
        )

    def covers(self, truth: float) -> bool:
        """Whether the interval holds a number."""
        return self.low <= truth <= self.high

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"value": self.value, "low": self.low, "high": self.high, "origin": self.origin}


def total_of(quantities: Iterable[Quantity], origin: Origin = "measured") -> Quantity:
    """The sum of numbers whose errors are independent: distances to the ends add as squares.

    That of subsets, of which each is sampled by itself.

    Args:
        quantities: To be added up.
        origin: Of the sum; weaker where one of them is weaker.
    """
    value = below = above = 0.0
    for each in quantities:
        origin = weakest(origin, each.origin)
        value += each.value
        below += (each.value - each.low) ** 2
        above += (each.high - each.value) ** 2
    return Quantity(value, max(0.0, value - math.sqrt(below)), value + math.sqrt(above), origin)
