"""Deduplication as a transform: exact duplicates and verified near-duplicates, without a folder.

Sign              documents to signatures; everything up to verification reads these
FindRepeated      shuffled by id: ids that several documents share
FindExact…        digests, shuffled by digest; key by key
FindPairs         bands of the rest, shuffled by bucket: pairs that share one
ComparePairs      candidates divided into blocks; shingles, shuffled by pairs of blocks that meet:
                  pairs above the threshold
ChooseSurvivors   verified pairs, in one worker: who goes, by policy
KeepDocuments     documents less those removed
TellFates         who went, for whom, and how that was found
"""

from typing import Any, NamedTuple

import apache_beam as beam
import pyarrow as pa
from apache_beam.typehints import no_annotations

from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import parse_section
from haybale.pipeline.dedup.keys import key_of
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.jobs.fates import NEAR_METHODS
from haybale.pipeline.transforms.arriving import expect_all_at_once, expect_batches
from haybale.pipeline.transforms.deduplication.buckets import FindPairs
from haybale.pipeline.transforms.deduplication.choice import ChooseSurvivors
from haybale.pipeline.transforms.deduplication.comparison import ComparePairs
from haybale.pipeline.transforms.deduplication.fates import TellFates
from haybale.pipeline.transforms.deduplication.keeping import KeepDocuments
from haybale.pipeline.transforms.deduplication.repeated import FindRepeated
from haybale.pipeline.transforms.deduplication.signing import (
    CheckDocuments,
    SignDocuments,
    needed_columns,
)
from haybale.pipeline.transforms.deduplication.totals import CountDocuments
from haybale.pipeline.transforms.deduplication.twins import FindTwins

_NOT_HERE = {
    "snapshot": "a PCollection knows no file names to find snapshots in; give the snapshot as "
    '`subset`, with scope = "subset"',
    "score": "there are no classifiers here; use haybale build",
    "against": "earlier corpora are read from their folders; use haybale build",
    "split_margin": "nothing is split into training and validation here; leave it out",
}


class Deduplicated(NamedTuple):
    """What becomes of documents.

    Attributes:
        kept: Batches of the columns that arrived.
        removed: Batches of `REMOVED_DOCUMENTS`: removed, survivor, similarity, method; a row for
            each document that is not kept.
    """

    kept: beam.PCollection[pa.RecordBatch]
    removed: beam.PCollection[pa.RecordBatch]


class Deduplicate(beam.PTransform):  # type: ignore[misc]
    """Keep one of each set of duplicates, the one that a build with the same settings keeps.

    Every removed document names a kept one that it equals, or resembles above the threshold by the
    texts themselves. Text is never shuffled, but for documents that share their id with another:
    these must be the same document, and one of them is kept.

    Counters: `duplicates/kept`, `duplicates/removed/<method>` and `duplicates/limited_buckets`.

    Args:
        preset: Names the settings of near-duplicates: `gopher`, `fineweb`, `refinedweb` or
            `slimpajama`.
        settings: Any other of a recipe's `[dedup]` (see `DedupSettings`), but for `snapshot`,
            `score`, `against` and `split_margin`.

    Raises:
        RecipeError: If a setting cannot be right, or the PCollection is unbounded or windowed.
        SchemaError: When a batch lacks a column that is needed, or two different documents share an
            id.
        HaybaleError: When there are more near-duplicate pairs than one worker can decide on
            (`choice.MAX_VERIFIED_PAIRS`).
    """

    def __init__(self, preset: str = "gopher", **settings: Any) -> None:
        super().__init__()
        for name, why in _NOT_HERE.items():
            if name in settings or settings.get("scope") == name:
                raise RecipeError(f"Deduplicate: {name}: {why}")
        raw = {"preset": preset, **settings}
        self._settings = parse_section(DedupSettings, raw, "Deduplicate")

    @no_annotations  # type: ignore[untyped-decorator]
    def expand(self, documents: beam.PCollection) -> Deduplicated:
        """Beam's hook."""
        expect_batches(documents, "Deduplicate")
        expect_all_at_once(documents, "Deduplicate")
        settings = self._settings
        check = beam.ParDo(CheckDocuments(needed_columns(settings)))
        documents = documents | "Check" >> check.with_output_types(pa.RecordBatch)
        sign = beam.ParDo(SignDocuments(settings)).with_output_types(pa.RecordBatch)
        signatures = documents | "Sign" >> sign
        count = signatures | "CountDocuments" >> CountDocuments()
        repeated = signatures | "FindRepeated" >> FindRepeated(count)
        found: dict[str, beam.PCollection] = {}
        for key in settings.exact_keys:
            label = key.replace("/", ".").title()
            before = _together(documents, found, f"BeforeExact{label}")
            twins = signatures | f"FindExact{label}" >> FindTwins(key, count, before)
            found[key_of(key).method] = twins
        if settings.scheme is not None:
            before = _together(documents, found, "BeforeNear")
            found[NEAR_METHODS[settings.verify]] = (
                signatures
                | "FindPairs" >> FindPairs(settings, count, before)
                | "ComparePairs" >> ComparePairs(settings, documents, signatures, count)
                | "ChooseSurvivors" >> ChooseSurvivors()
            )
        gone = _together(documents, found, "Gone")
        return Deduplicated(
            documents | "KeepDocuments" >> KeepDocuments(gone, repeated),
            repeated | "TellFates" >> TellFates(found),
        )


def _together(
    documents: beam.PCollection, found: dict[str, beam.PCollection], label: str
) -> beam.PCollection[bytes]:
    """What was found by all methods so far, maybe none."""
    if not found:  # an engine need not bear a union of nothing
        return documents.pipeline | label >> beam.Create([]).with_output_types(bytes)
    return tuple(found.values()) | label >> beam.Flatten().with_output_types(bytes)
