"""Quality rules as a transform."""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput
from apache_beam.typehints import no_annotations

from haybale.corpus.documents import text_offsets
from haybale.corpus.errors import RecipeError
from haybale.pipeline.ingesting.decide import Decisions, decide
from haybale.pipeline.recipe.subset import Subset
from haybale.pipeline.sources.records import Records
from haybale.pipeline.transforms.arriving import expect_batches, expect_columns, with_column
from haybale.pipeline.transforms.packed_profile import PackedProfile, find_profile
from haybale.quality.origin import OriginRules
from haybale.quality.profiles import Profile

_NEEDED = ("doc_id", "text", "language", "language_score")


class Ruled(NamedTuple):
    """What becomes of documents; batches of the columns that arrived, and more where told.

    Attributes:
        kept: `text` is as edited by the profile.
        dropped: `text` is as it arrived; `first_reason`: string, the rule that dropped it.
        measures: Of every document, kept or not: `doc_id`, `first_reason` (null where kept) and, by
            its name, a float64 column for each rule (null where it does not apply).
    """

    kept: beam.PCollection[pa.RecordBatch]
    dropped: beam.PCollection[pa.RecordBatch]
    measures: beam.PCollection[pa.RecordBatch]


class ApplyRules(beam.PTransform):  # type: ignore[misc]
    """Keep or drop documents, as a build does whose subset has this `quality`.

    A text without any character that is not white space, after edits, is dropped by
    `document/empty@1`; then languages decide, where given, then the profile's rules in its order.
    Rules that need to know a text's language take it from `language` (ISO 639; null: unknown, and
    rules over stop words are skipped): put `IdentifyLanguage` in front.

    Counters: `rules/documents`, `rules/kept`, `rules/text_bytes`, and `rules/dropped/<rule>` by
    first reason.

    Args:
        profile: A profile's name, a file whose name ends in `.toml`, or a `Profile`.
        languages: Keep only documents of these; None: of all.
        min_language_score: Keep only documents whose language is at least so sure, in (0, 1]; one
            without a score is not.

    Raises:
        RecipeError: If there is no such profile, or a setting cannot be right.
        SchemaError: When a batch lacks `doc_id`, `text`, `language` or `language_score`.
    """

    def __init__(
        self,
        profile: str | os.PathLike[str] | Profile,
        *,
        languages: Sequence[str] | None = None,
        min_language_score: float | None = None,
    ) -> None:
        super().__init__()
        asked = None if languages is None else tuple(languages)
        if asked == () or isinstance(languages, str):
            raise RecipeError(
                f"ApplyRules: languages: expected a list such as ['en'], found {languages!r}"
            )
        packed = PackedProfile.of(find_profile(profile, "ApplyRules"))
        try:
            self._decide = DecideDocuments(packed, asked, min_language_score)
        except RecipeError as error:
            raise RecipeError(f"ApplyRules: {error}") from None

    @no_annotations  # type: ignore[untyped-decorator]
    def expand(self, documents: beam.PCollection) -> Ruled:
        """Beam's hook."""
        expect_batches(documents, "ApplyRules")
        batches = dict.fromkeys(("dropped", "measures"), pa.RecordBatch)
        decided = documents | "Decide" >> (
            beam.ParDo(self._decide)
            .with_output_types(pa.RecordBatch, **batches)
            .with_outputs(*batches, main="kept")
        )
        return Ruled(decided.kept, decided.dropped, decided.measures)


class DecideDocuments(beam.DoFn):  # type: ignore[misc]
    """A batch to those kept, dropped, and what was measured."""

    def __init__(
        self,
        profile: PackedProfile,
        languages: tuple[str, ...] | None,
        min_language_score: float | None,
    ) -> None:
        self._packed = profile
        # What a recipe says of a subset is what is decided by; these documents come from no path.
        self._subset = Subset(
            "documents", ("-",), languages=languages, min_language_score=min_language_score
        )

    def setup(self) -> None:
        """Make the rules."""
        self._profile = self._packed.unpack()
        self._rules = [rule.name for rule in self._profile.rules]

    @no_annotations  # type: ignore[untyped-decorator]
    def process(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch | TaggedOutput]:
        """Decide on one batch."""
        batch = expect_columns(batch, _NEEDED, "ApplyRules")
        records = Records(batch, pa.nulls(batch.num_rows, pa.string()))
        languages = batch.column("language")
        # A language without a score is not sure at all.
        scores = pc.fill_null(batch.column("language_score"), 0.0)
        rules = self._subset, OriginRules(), self._profile
        decisions = decide(records, languages, scores, *rules)
        self._count(batch, decisions)
        kept = with_column(batch, "text", decisions.texts).filter(decisions.kept)
        if kept.num_rows:
            yield kept
        if kept.num_rows < batch.num_rows:
            reasons = pa.field("first_reason", pa.string(), nullable=False)
            dropped = batch.append_column(reasons, decisions.reason)
            yield TaggedOutput("dropped", dropped.filter(decisions.reason.is_valid()))
        if batch.num_rows:
            yield TaggedOutput("measures", self._measures(batch, decisions))

    def _measures(self, batch: pa.RecordBatch, decisions: Decisions) -> pa.RecordBatch:
        columns = {"doc_id": batch.column("doc_id"), "first_reason": decisions.reason}
        return pa.RecordBatch.from_pydict(
            columns | {rule: decisions.values[rule] for rule in self._rules}
        )

    def _count(self, batch: pa.RecordBatch, decisions: Decisions) -> None:
        edges = text_offsets(batch.column("text"))
        counts = {
            "documents": batch.num_rows,
            "text_bytes": int(edges[-1] - edges[0]),
            "kept": decisions.reason.null_count,
        }
        for found in decisions.reason.drop_null().value_counts().to_pylist():
            counts[f"dropped/{found['values']}"] = found["counts"]
        for name, count in counts.items():
            Metrics.counter("haybale", f"rules/{name}").inc(count)
