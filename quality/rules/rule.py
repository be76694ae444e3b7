"""What a rule is: a number measured of every text, and the bounds within which a text is kept."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from haybale.corpus.errors import RecipeError
from haybale.corpus.extensions import calling, check_name
from haybale.quality.text import TextBatch

Int64s = npt.NDArray[np.int64]
Need = Literal["words", "stop_words"]
"""What a rule needs to know of a language: that white space ends its words; its stop words."""


class Measure(NamedTuple):
    """A number of every text as a fraction, so that bounds are compared exactly.

    Attributes:
        numerator: int64[rows].
        denominator: int64[rows]; 0 where the number is undefined, and then the rule does not apply.
    """

    numerator: Int64s
    denominator: Int64s


class Bounds(NamedTuple):
    """A text is kept at a bound and fails beyond it; None: no bound on that side."""

    minimum: Fraction | None = None
    maximum: Fraction | None = None


@dataclass(frozen=True)
class Rule:
    """A registered rule.

    Attributes:
        name: `family/what@version`; changing what is measured changes the version.
        unit: Of the number.
        source: Paper and section, or the implementation whose reading it is.
        measure: The function.
        bounds: Where neither profile nor language says otherwise; without any, the rule only
            measures (a signal).
        languages: The rule applies to texts of these languages only (ISO 639); None: to all.
        needs: What a language must give for the rule to apply to its texts.
    """

    name: str
    unit: str
    source: str
    measure: Callable[[TextBatch], Measure]
    bounds: Bounds
    languages: tuple[str, ...] | None
    needs: tuple[Need, ...]

    @property
    def stem(self) -> str:
        """The name without family and version, by which languages give bounds."""
        return self.name.partition("/")[2].partition("@")[0]

    @property
    def module(self) -> str:
        """Where it is defined."""
        return self.measure.__module__

    def measured(self, batch: TextBatch) -> Measure:
        """The number of every text of a batch.

        Raises:
            RecipeError: If the function is another package's and raises, or returns something else.
        """
        with calling(
            self.name, self.module, "haybale.quality.rule_laws.check_rule may find the text"
        ):
            found = self.measure(batch)
        expected = f"Measure(int64[{len(batch.texts)}], int64[{len(batch.texts)}])"
        if not isinstance(found, Measure):
            raise RecipeError(f"{self.name}: expected {expected}, found {type(found).__name__}")
        for part in found:
            if not isinstance(part, np.ndarray):
                shown = type(part).__name__
            elif part.dtype != np.int64 or part.shape != (len(batch.texts),):
                shown = f"{part.dtype}[{', '.join(map(str, part.shape))}]"
            else:
                continue
            raise RecipeError(f"{self.name}: expected {expected}, found {shown} in it")
        return found


REGISTERED: dict[str, Rule] = {}

Measuring = Callable[[TextBatch], Measure]


def rule(
    name: str,
    *,
    unit: str,
    source: str,
    minimum: str | None = None,
    maximum: str | None = None,
    languages: tuple[str, ...] | None = None,
    needs: tuple[Need, ...] = (),
) -> Callable[[Measuring], Measuring]:
    """Register a function as a rule; bounds are decimal strings, taken exactly.

    Raises:
        RecipeError: If the name is taken or no name, or a bound no number.
    """

    def register(measure: Measuring) -> Measuring:
        modules = {known: one.module for known, one in REGISTERED.items()}
        check_name(name, measure.__doc__, measure.__module__, modules)
        low, high = (_fraction(name, bound) for bound in (minimum, maximum))
        REGISTERED[name] = Rule(name, unit, source, measure, Bounds(low, high), languages, needs)
        return measure

    return register


def _fraction(name: str, bound: str | None) -> Fraction | None:
    if bound is None:
        return None
    if isinstance(bound, str):
        with suppress(ValueError):
            return Fraction(bound)
    raise RecipeError(
        f'{name}: expected a bound as a string of a number, such as "0.1", which binary fractions '
        f"are not; found {bound!r}"
    )


@dataclass(frozen=True)
class NgramShare:
    """Measures a share of characters by n-gram size; a class, so that rules of a loop pickle."""

    size: int
    share: Callable[[TextBatch, int], Measure]

    def __call__(self, batch: TextBatch) -> Measure:
        """Measure a batch."""
        return self.share(batch, self.size)


def ngram_rules(
    family: str,
    top: Callable[[TextBatch, int], Measure],
    duplicate: Callable[[TextBatch, int], Measure],
    *,
    source: str,
    unit: str = "of characters",
) -> None:
    """Register the nine n-gram rules of Gopher's table A1 in one reading.

    The docstrings of `top` and `duplicate` are the rules', with {n} for the size.
    """
    tops = ((2, "0.20"), (3, "0.18"), (4, "0.16"))
    duplicates = ((5, "0.15"), (6, "0.14"), (7, "0.13"), (8, "0.12"), (9, "0.11"), (10, "0.10"))
    for what, share, bounds in (("top", top, tops), ("duplicate", duplicate, duplicates)):
        for size, maximum in bounds:
            measure = NgramShare(size, share)
            text = (share.__doc__ or "").replace("{n}", str(size))
            object.__setattr__(measure, "__doc__", text)
            object.__setattr__(measure, "__module__", share.__module__)
            rule(
                f"{family}/{what}_{size}_gram_character_fraction@1",
                unit=unit,
                source=source,
                maximum=maximum,
                needs=("words",),
            )(measure)
