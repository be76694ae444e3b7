"""What a profile says of a batch: edits, numbers, who fails, who almost does, and why first."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.edits import apply_edits
from haybale.quality.applicability import speaks
from haybale.quality.editing import find_edits
from haybale.quality.languages import BatchLanguages
from haybale.quality.profiles import Profile
from haybale.quality.rules import Bounds, Measure, Rule
from haybale.quality.text import TextBatch

Bools = npt.NDArray[np.bool_]

NEAR = Fraction(1, 10)
"""A number is near a bound within this share of the bound, on either side; near 0 there is none."""


@dataclass(frozen=True)
class RuleVerdict:
    """What one rule says of a batch.

    Attributes:
        values: float64[rows]; null where the rule does not apply.
        fails: bool[rows]: outside the bounds, first or not.
        near: bool[rows]: within NEAR of a bound, on either side.
        skipped: bool[rows]: what the rule needs of the text's language is not known.
    """

    values: pa.Array
    fails: Bools
    near: Bools
    skipped: Bools


@dataclass(frozen=True)
class Verdicts:
    """What a profile says of a batch.

    Attributes:
        texts: large_string[rows]: as edited; the rules measured these.
        edits: Schema EDITS, of the batch's rows.
        rules: Rule to its verdict.
        first_reason: string[rows]: the first rule of the profile that fails; null where none does.
    """

    texts: pa.Array
    edits: pa.RecordBatch
    rules: dict[str, RuleVerdict]
    first_reason: pa.Array


def judge(profile: Profile, texts: pa.Array, labels: pa.Array) -> Verdicts:
    """Edit, then measure every rule on every text, in one pass over shared splits.

    Args:
        profile: What is asked.
        texts: large_string[rows].
        labels: string[rows], ISO 639; null where the language is unknown.
    """
    batch = TextBatch.split(texts, labels)
    edits = find_edits(batch, profile.edits)
    if edits.num_rows:
        batch = TextBatch.split(apply_edits(texts, edits), labels, batch.words.counts)
    verdicts = {rule.name: _apply(rule, profile, batch) for rule in profile.rules}
    first_reason = pa.nulls(len(texts), pa.string())
    for name, verdict in verdicts.items():
        if verdict.fails.any():
            reason = pc.if_else(pa.array(verdict.fails), name, pa.scalar(None, pa.string()))
            first_reason = pc.coalesce(first_reason, reason)
    return Verdicts(batch.texts, edits, verdicts, first_reason)


def _apply(rule: Rule, profile: Profile, batch: TextBatch) -> RuleVerdict:
    measured = rule.measured(batch)
    languages = batch.languages
    spoken = np.array([speaks(rule, language) for language in languages.known], np.bool_)
    skipped = ~spoken[languages.codes] if len(spoken) else np.zeros(0, np.bool_)
    applies = ~skipped & (measured.denominator > 0)
    bounds = [profile.bounds_of(rule, language) for language in languages.known]
    fails, near = (found & applies for found in compare(measured, bounds, languages))
    values = measured.numerator / np.maximum(measured.denominator, 1)
    return RuleVerdict(pa.array(values, pa.float64(), mask=~applies), fails, near, skipped)


def compare(
    measured: Measure, bounds: list[Bounds], languages: BatchLanguages
) -> tuple[Bools, Bools]:
    """Which numbers lie outside their bounds, and which near one: by integer cross-products.

    Args:
        measured: Of every text.
        bounds: Of each known language.
        languages: Of the texts.

    Returns:
        bool[rows], bool[rows].
    """
    numerator, denominator = measured
    fails = np.zeros(len(numerator), np.bool_)
    near = np.zeros(len(numerator), np.bool_)
    for code, bound in enumerate(bounds):
        of = languages.codes == code if len(bounds) > 1 else np.ones(len(numerator), np.bool_)
        for sign, limit in ((1, bound.minimum), (-1, bound.maximum)):
            if limit is not None:
                at = limit.numerator * denominator
                below = sign * (at - numerator * limit.denominator)
                fails |= of & (below > 0)
                if limit > 0:
                    near |= of & (np.abs(below) * NEAR.denominator <= at * NEAR.numerator)
    return fails, near
