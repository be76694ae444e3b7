"""All that is decided and made of a batch of documents, each by itself."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from haybale.corpus.edits import EDITS
from haybale.corpus.listing import InputFile
from haybale.pipeline.dedup.scope import scope_of
from haybale.pipeline.ingesting.classifiers import Classifiers
from haybale.pipeline.ingesting.decide import Decisions, decide, with_classifiers
from haybale.pipeline.ingesting.dropped import dropped_rows
from haybale.pipeline.ingesting.findings import (
    Findings,
    count_identity,
    count_words,
    mask_people,
)
from haybale.pipeline.ingesting.measures import measure_rows, measures_schema
from haybale.pipeline.ingesting.policy_ranks import policy_ranks
from haybale.pipeline.kept.signatures import sign_batch, unsigned_batch
from haybale.pipeline.recipe.build_recipe import BuildRecipe
from haybale.pipeline.recipe.subset import Subset
from haybale.pipeline.sources.records import Records
from haybale.pipeline.units.timing import Stopwatch
from haybale.quality.language import LanguageIdentifier
from haybale.quality.origin import OriginRules
from haybale.quality.profiles import Profile
from haybale.quality.sensitive.word_list import WordList


@dataclass(frozen=True)
class Judged:
    """What is made of a batch.

    Attributes:
        batch: Schema DOCUMENTS, masked and identified.
        findings: In its documents.
        decisions: On them.
        measures: Of them, with the schema of `measures_schema`.
        kept: Those that stay; schema DOCUMENTS.
        gone: Those that do not; schema DROPPED.
        signatures: Of those that stay.
    """

    batch: pa.RecordBatch
    findings: Findings
    decisions: Decisions
    measures: pa.RecordBatch
    kept: pa.RecordBatch
    gone: pa.RecordBatch
    signatures: pa.RecordBatch

    def edits_of_kept(self, first_row: int) -> pa.RecordBatch:
        """The edits of kept documents; rows as in the part's `documents/`, `first_row` the next."""
        kept = self.decisions.kept.to_numpy(zero_copy_only=False)
        rows = self.decisions.edits.column("row").to_numpy()
        edits = self.decisions.edits.filter(pa.array(kept[rows]))
        place = first_row + np.cumsum(kept) - 1
        return edits.set_column(0, EDITS.field("row"), pa.array(place[rows[kept[rows]]]))


@dataclass(frozen=True)
class Judge:
    """Judges documents of a subset: a batch gives the same whatever was judged before.

    Attributes:
        recipe: The build's.
        subset: Of the documents.
        profile: Its quality rules.
        origins: What it asks of licences, domains and who opted out.
        identifier: Of languages; None: those that the input names are kept.
        words: That are counted.
        classifiers: That score the documents.
        watch: Told how long each phase takes.
    """

    recipe: BuildRecipe
    subset: Subset
    profile: Profile | None
    origins: OriginRules
    identifier: LanguageIdentifier | None
    words: WordList | None
    classifiers: Classifiers
    watch: Stopwatch

    @property
    def measures_schema(self) -> pa.Schema:
        """Schema of the measures."""
        has_words = self.words is not None
        return measures_schema(self.profile, self.classifiers, has_words=has_words)

    def judge(self, records: Records, file: InputFile) -> Judged:
        """Judge a batch of a file."""
        records, findings = self._mask(records)
        batch, decisions = self._decide(records, findings)
        kept = batch.filter(decisions.kept)
        with self.watch.phase("write"):
            measures = measure_rows(self.measures_schema, batch, decisions, findings)
            whole = self.recipe.ingest.keep_dropped == "all"
            gone = dropped_rows(batch, decisions, self.recipe.seed, whole=whole)
        with self.watch.phase("sign"):
            signatures = self._sign(kept, decisions, file)
        return Judged(batch, findings, decisions, measures, kept, gone, signatures)

    def _mask(self, records: Records) -> tuple[Records, Findings]:
        """Mask personal data before anything looks at the text, and count."""
        with self.watch.phase("people"):
            texts = records.documents.column("text")
            count = self.recipe.ingest.count_people
            findings = mask_people(texts, self.subset.mask, count=count)
        documents = _with_columns(records.documents, text=findings.texts)
        return replace(records, documents=documents), findings

    def _decide(self, records: Records, findings: Findings) -> tuple[pa.RecordBatch, Decisions]:
        batch = records.documents
        languages, scores = batch.column("language"), batch.column("language_score")
        if self.identifier is not None:
            with self.watch.phase("language"):
                languages, scores = self.identifier.identify(batch.column("text"))
            batch = _with_columns(batch, language=languages, language_score=scores)
        with self.watch.phase("people"):
            if self.recipe.ingest.count_people:
                count_identity(findings, languages)
            if self.words is not None:
                count_words(findings, languages, self.words)
        with self.watch.phase("rules"):
            rules = self.subset, self.origins, self.profile
            decisions = decide(records, languages, scores, *rules)
        if self.classifiers:
            with self.watch.phase("classifiers"):
                decisions = with_classifiers(decisions, records, self.classifiers)
        return batch, decisions

    def _sign(self, kept: pa.RecordBatch, decisions: Decisions, file: InputFile) -> pa.RecordBatch:
        texts, settings = decisions.texts.filter(decisions.kept), self.recipe.dedup
        if settings is None:
            return unsigned_batch(kept, texts)
        scope = scope_of(settings, self.subset.name, file.name)
        ranks = policy_ranks(settings, self.subset.name, kept, texts, decisions, self.classifiers)
        return sign_batch(kept, texts, settings, scope, ranks)


def _with_columns(batch: pa.RecordBatch, **columns: pa.Array) -> pa.RecordBatch:
    arrays = [columns.get(name, batch.column(name)) for name in batch.schema.names]
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)
