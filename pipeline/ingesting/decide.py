"""Keep or drop: the first reason for every document of a batch, and every rule's own verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.edits import EDITS
from haybale.pipeline.ingesting.classifiers import Classifiers, score_batch
from haybale.pipeline.recipe.subset import Subset
from haybale.pipeline.sources.records import Records
from haybale.quality.origin import OriginRules
from haybale.quality.profiles import Profile
from haybale.quality.verdicts import judge

Bools = npt.NDArray[np.bool_]

EMPTY = "document/empty@1"
"""Rule: a document without any character that is not white space, as it is after line edits."""
LANGUAGE = "language/allowed@1"
"""Rule: the identified language is not one that the subset keeps."""
CONFIDENCE = "language/score@1"
"""Rule: the language was identified with less confidence than the subset asks."""


@dataclass(frozen=True)
class Decisions:
    """What was measured and decided on a batch.

    Attributes:
        reason: string[rows]: the first rule that failed; null for a kept document.
        texts: large_string[rows]: as edited.
        edits: Schema EDITS, of the batch's rows.
        values: Rule to float64[rows] of what it measured; null where it does not apply.
        hits: Rule to bool[rows]: whether it fails the document, first or not.
        near: Rule to bool[rows]: whether its number is near a bound, on either side.
        skipped: Rule to bool[rows]: whether what it needs of language or origin is not known.
    """

    reason: pa.Array
    texts: pa.Array
    edits: pa.RecordBatch
    values: Mapping[str, pa.Array]
    hits: Mapping[str, Bools]
    near: Mapping[str, Bools]
    skipped: Mapping[str, Bools]

    @property
    def kept(self) -> pa.Array:
        """bool[rows]."""
        return self.reason.is_null()


def decide(
    records: Records,
    languages: pa.Array,
    language_scores: pa.Array,
    subset: Subset,
    origins: OriginRules,
    profile: Profile | None,
) -> Decisions:
    """Apply the subset's rules, the cheap ones first.

    Args:
        records: From a reader.
        languages: string[rows], identified.
        language_scores: float32[rows], in steps of 1/1000.
        subset: What is asked of the text.
        origins: Its lists of licences and domains, read.
        profile: Its quality rules; None: none.
    """
    texts = records.documents.column("text")
    readable = records.dropped.is_null().to_numpy(zero_copy_only=False)
    verdicts = None if profile is None else judge(profile, texts, languages)
    edited = texts if verdicts is None else verdicts.texts
    blank = pc.or_(pc.utf8_is_space(edited), pc.equal(pc.binary_length(edited), 0))
    hits = {EMPTY: _numpy(blank) & readable}
    licenses, urls = (records.documents.column(name) for name in ("license", "url"))
    for rule, failed in origins.failures(licenses, urls).items():
        hits[rule] = failed & readable
    skipped = {rule: missing & readable for rule, missing in origins.unknown(urls).items()}
    if subset.languages is not None:
        allowed = pc.is_in(languages, pa.array(subset.languages, pa.string()))
        hits[LANGUAGE] = ~_numpy(allowed) & readable
    if subset.min_language_score is not None:
        # Thousandths on both sides: the comparison is one of integers.
        scores = np.rint(_numpy(language_scores).astype(np.float64) * 1000)
        hits[CONFIDENCE] = (scores < round(subset.min_language_score * 1000)) & readable
    reasons = [records.dropped, *(_named(rule, failed) for rule, failed in hits.items())]
    if verdicts is None:
        nothing = pa.RecordBatch.from_pylist([], EDITS)
        return Decisions(pc.coalesce(*reasons), texts, nothing, {}, hits, {}, skipped)
    rules = verdicts.rules.items()
    return Decisions(
        reason=pc.coalesce(*reasons, verdicts.first_reason),
        texts=verdicts.texts,
        edits=verdicts.edits,
        values={name: verdict.values for name, verdict in rules},
        hits=hits | {name: verdict.fails & readable for name, verdict in rules},
        near={name: verdict.near & readable for name, verdict in rules},
        skipped=skipped | {name: verdict.skipped & readable for name, verdict in rules},
    )


def with_classifiers(decisions: Decisions, records: Records, classifiers: Classifiers) -> Decisions:
    """Decisions after classifiers have seen the edited texts too; they give reasons last."""
    readable = records.dropped.is_null().to_numpy(zero_copy_only=False)
    values, fails = score_batch(classifiers, decisions.texts)
    hits = {rule: failed & readable for rule, failed in fails.items()}
    reasons = [decisions.reason, *(_named(rule, failed) for rule, failed in hits.items())]
    return replace(
        decisions,
        reason=pc.coalesce(*reasons),
        values={**decisions.values, **values},
        hits={**decisions.hits, **hits},
    )


def _numpy(array: pa.Array) -> Bools:
    return np.asarray(array.to_numpy(zero_copy_only=False))


def _named(rule: str, failed: Bools) -> pa.Array:
    return pc.if_else(pa.array(failed), pa.scalar(rule), pa.scalar(None, pa.string()))
