"""Profiles: which rules a text must pass, and the verdicts on a batch."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import nearest
from haybale.quality.rules import Rule, rules
from haybale.quality.text import TextBatch

PROFILES: dict[str, tuple[str, ...]] = {"gopher": ("gopher/",)}
"""Profile to the families or names of its rules; a name ending in / stands for all of a family."""


@dataclass(frozen=True)
class Verdicts:
    """What a profile says of a batch.

    Attributes:
        values: Rule to float64[rows]; null where the rule does not apply.
        failures: Rule to bool[rows]: whether it fails the text, first or not.
        first_reason: string[rows]: the first rule of the profile that fails; null where none does.
    """

    values: dict[str, pa.Array]
    failures: dict[str, npt.NDArray[np.bool_]]
    first_reason: pa.Array


@dataclass(frozen=True)
class Profile:
    """Some rules in the order in which they give reasons."""

    name: str
    rules: tuple[Rule, ...]

    def judge(self, texts: pa.Array, languages: pa.Array) -> Verdicts:
        """Measure every rule on every text, in one pass over shared splits.

        Args:
            texts: large_string[rows].
            languages: string[rows], ISO 639; null where unknown, and then rules for some
                languages only do not apply.
        """
        batch = TextBatch.split(texts)
        values, failures = {}, {}
        first_reason = pa.nulls(len(texts), pa.string())
        for rule in self.rules:
            measured = rule.measure(batch)
            applies = measured.denominator > 0
            failed = rule.fails(measured)
            if rule.languages is not None:
                spoken = pc.is_in(languages, pa.array(rule.languages, pa.string()))
                applies &= spoken.to_numpy(zero_copy_only=False)
                failed &= applies
            value = measured.numerator / np.maximum(measured.denominator, 1)
            values[rule.name] = pa.array(value, pa.float64(), mask=~applies)
            failures[rule.name] = failed
            reason = pc.if_else(pa.array(failed), rule.name, pa.scalar(None, pa.string()))
            first_reason = pc.coalesce(first_reason, reason)
        return Verdicts(values, failures, first_reason)


def load_profile(name: str) -> Profile:
    """A profile by name.

    Raises:
        RecipeError: If there is none of that name.
    """
    if name not in PROFILES:
        raise RecipeError(f"quality: unknown profile {name!r}; {nearest(name, PROFILES)}")
    chosen = tuple(
        rule
        for wanted in PROFILES[name]
        for rule in rules().values()
        if rule.name == wanted or (wanted.endswith("/") and rule.name.startswith(wanted))
    )
    return Profile(name, chosen)
