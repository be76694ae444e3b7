"""What a rule is: a number measured of every text, and the bounds within which a text is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from haybale.quality.text import TextBatch

Int64s = npt.NDArray[np.int64]


class Measure(NamedTuple):
    """A number of every text as a fraction, so that bounds are compared exactly.

    Attributes:
        numerator: int64[rows].
        denominator: int64[rows]; 0 where the number is undefined, and then the rule does not apply.
    """

    numerator: Int64s
    denominator: Int64s


@dataclass(frozen=True)
class Rule:
    """A registered rule.

    Attributes:
        name: `family/what@version`; changing what is measured changes the version.
        unit: Of the number.
        source: Paper and section.
        measure: The function.
        minimum: A text below it fails; at the bound it is kept.
        maximum: A text above it fails; at the bound it is kept.
        languages: The rule applies to texts of these languages only (ISO 639); None: to all.
    """

    name: str
    unit: str
    source: str
    measure: Callable[[TextBatch], Measure]
    minimum: Fraction | None
    maximum: Fraction | None
    languages: tuple[str, ...] | None

    def fails(self, measured: Measure) -> npt.NDArray[np.bool_]:
        """bool[rows]: outside the bounds, by integer cross-products; never where undefined."""
        numerator, denominator = measured
        failed = np.zeros(len(numerator), np.bool_)
        if self.minimum is not None:
            failed |= numerator * self.minimum.denominator < self.minimum.numerator * denominator
        if self.maximum is not None:
            failed |= numerator * self.maximum.denominator > self.maximum.numerator * denominator
        return failed & (denominator > 0)


REGISTERED: dict[str, Rule] = {}


def rule(
    name: str,
    *,
    unit: str,
    source: str,
    minimum: str | None = None,
    maximum: str | None = None,
    languages: tuple[str, ...] | None = None,
) -> Callable[[Callable[[TextBatch], Measure]], Callable[[TextBatch], Measure]]:
    """Register a function as a rule; bounds are decimal strings, taken exactly."""

    def register(measure: Callable[[TextBatch], Measure]) -> Callable[[TextBatch], Measure]:
        assert name not in REGISTERED, name
        assert name.rpartition("@")[2].isdigit(), name
        assert measure.__doc__ is not None, name
        low, high = (None if bound is None else Fraction(bound) for bound in (minimum, maximum))
        REGISTERED[name] = Rule(name, unit, source, measure, low, high, languages)
        return measure

    return register
