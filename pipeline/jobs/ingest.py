"""Stage 1, ingest: read, extract, mask, identify language, measure, decide, sign. Map only.

Per part it writes `documents/` (what is kept, masked, before line edits), `edits/` (what these take
out), `measures/` (every document read, every number), `signatures/` (what deduplication needs of
the kept ones, as edited), `dropped/` (a sample, and every record that could not be read), a
ledger, and below `run/` what `haybale.pipeline.ingesting.statistics` measures of documents as read.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from haybale.corpus.documents import DOCUMENTS, text_offsets
from haybale.corpus.edits import EDITS
from haybale.corpus.ledger import Ledger
from haybale.corpus.listing import InputFile
from haybale.corpus.storage import Folder
from haybale.pipeline.counters import count_batch
from haybale.pipeline.dedup.scope import scope_of
from haybale.pipeline.ingesting.accounts import enter_batch, enter_unreadable
from haybale.pipeline.ingesting.classifiers import Classifiers, score_rules
from haybale.pipeline.ingesting.decide import Decisions, decide, with_classifiers
from haybale.pipeline.ingesting.dropped import (
    DROPPED,
    SAMPLE_SIZE,
    UNREADABLE,
    dropped_rows,
    smallest,
)
from haybale.pipeline.ingesting.findings import (
    WORD_LIST,
    Findings,
    count_identity,
    count_words,
    mask_people,
)
from haybale.pipeline.ingesting.policy_ranks import policy_ranks
from haybale.pipeline.ingesting.source_reading import SourceReading
from haybale.pipeline.ingesting.statistics import Statistics
from haybale.pipeline.isolation.crashes import readable, records_of
from haybale.pipeline.isolation.guard import current_guard
from haybale.pipeline.jobs.tiling import known_begin
from haybale.pipeline.kept.signatures import sign_batch, signatures_schema, unsigned_batch
from haybale.pipeline.planning.dependencies import (
    Dependencies,
    check_same,
    dependencies,
    language_identifier,
)
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.recipe.loaded import LoadedRecipe
from haybale.pipeline.recipe.subset import Subset
from haybale.pipeline.rows.tables import TableWriter, open_table
from haybale.pipeline.sources.records import ReadOptions, Records
from haybale.pipeline.units.steps import UnitResult
from haybale.pipeline.units.timing import Stopwatch
from haybale.pipeline.units.worker import PartWorker
from haybale.quality.extraction import extract_text
from haybale.quality.language import LanguageIdentifier
from haybale.quality.origin import OriginRules
from haybale.quality.sensitive.word_list import WordList

READ_QUANTITIES = ("text_bytes",)
"""Of documents as read, see `haybale.pipeline.ingesting.statistics`."""


def read_statistics_stem(part: str) -> str:
    """Where the statistics of a part's documents as read are left."""
    return f"run/ingest/{part}"


@dataclass
class IngestWorker(PartWorker):
    """Ingests parts; see `haybale.pipeline.units.worker.UnitWorker`.

    Attributes:
        depends_on: As the driver found them; every worker must find the same.
    """

    isolates: ClassVar[bool] = True
    depends_on: Dependencies
    _identifier: LanguageIdentifier | None = field(init=False, repr=False, default=None)
    _classifiers: dict[str, Classifiers] = field(init=False, repr=False, default_factory=dict)
    _words: WordList | None = field(init=False, repr=False, default=None)
    _origins: dict[str, OriginRules] = field(init=False, repr=False, default_factory=dict)

    def load(self) -> None:
        """Read the plan, load the models and rules."""
        super().load()
        check_same(dependencies(self._loaded), self.depends_on)
        self._identifier = language_identifier(self._loaded)
        self._words = self._loaded.word_list()

    def do(self, unit: int) -> UnitResult:
        """Ingest one part."""
        part = self._parts[unit]
        subset = self._loaded.recipe.subset(part.subset)
        if subset.name not in self._classifiers:
            self._classifiers[subset.name] = self._loaded.classifiers(subset)
            self._origins[subset.name] = self._loaded.origin_rules(subset)
        shared = (
            self._origins[subset.name],
            self._identifier,
            self._words,
            self._classifiers[subset.name],
        )
        ingestion = _PartIngestion(self._loaded, subset, *shared)
        return ingestion.run(Folder(self.output), part)


class _PartIngestion:
    """One part on its way through the stage."""

    def __init__(
        self,
        loaded: LoadedRecipe,
        subset: Subset,
        origins: OriginRules,
        identifier: LanguageIdentifier | None,
        words: WordList | None,
        classifiers: Classifiers,
    ) -> None:
        self._recipe = loaded.recipe
        self._subset = subset
        self._identifier = identifier
        self._words = words
        self._origins = origins
        self._profile = loaded.profile(subset)
        self._classifiers = classifiers
        self._dedup = loaded.recipe.dedup
        self._ledger = Ledger()
        self._statistics = Statistics(READ_QUANTITIES)
        self._watch = Stopwatch()
        self._sample = DROPPED.empty_table()
        self._first_unreadable: dict[str, Any] | None = None
        self._num_batches = self._num_pages = 0

    def run(self, folder: Folder, part: Part) -> UnitResult:
        """Read every file of the part and commit what comes of it."""
        keep_all = self._recipe.ingest.keep_dropped == "all"
        sources = []
        with contextlib.ExitStack() as stack:

            def table(kind: str, schema: pa.Schema, **options: bool) -> TableWriter:
                name = f"{kind}/{part.name}.arrow"
                return stack.enter_context(open_table(folder, name, schema, **options))

            documents = table("documents", DOCUMENTS)
            edits = table("edits", EDITS)
            measures = table("measures", self._measures_schema())
            signatures = table("signatures", signatures_schema(self._dedup), compressed=False)
            dropped = table("dropped/samples", DROPPED)
            unreadable = table("dropped/unreadable", UNREADABLE)
            for file in part.files:
                source = SourceReading(file, part.piece, known_begin(folder, part))
                first_row = measures.num_rows
                for records in self._read(source):
                    records, judged = self._judge_all(records, file)
                    self._add_statistics(records.documents)
                    self._count(judged, records)
                    with self._watch.phase("write"):
                        measures.write(judged.measures)
                        edits.write(_edits_of_kept(judged.decisions, documents.num_rows))
                        documents.write(judged.kept)
                        if keep_all:
                            dropped.write(judged.gone)
                        else:
                            self._keep_sample(judged.gone)
                        unreadable.write(self._unreadable(records))
                        signatures.write(judged.signatures)
                with self._watch.phase("read"):
                    sources.append(source.facts(measures.num_rows - first_row))
            for batch in self._sample.to_batches():
                dropped.write(batch)
        writers = (documents, edits, measures, signatures, dropped, unreadable)
        with self._watch.phase("statistics"):
            statistics = self._statistics.write(folder, read_statistics_stem(part.name))
        return UnitResult(
            files=(*(writer.record() for writer in writers), *statistics),
            ledger=self._ledger,
            facts={
                "inputs": sources,
                "documents": documents.num_rows,
                "first_unreadable": self._first_unreadable,
            },
            timing={f"cpu_seconds_{name}": value for name, value in self._watch.seconds.items()},
        )

    def _read(self, source: SourceReading) -> Iterator[Records]:
        options = ReadOptions(
            subset=self._subset.name,
            name=source.file.name,
            fields=self._subset.fields,
            license=self._subset.license,
            max_record_bytes=self._recipe.ingest.max_record_bytes,
            extract=self._extract,
        )
        records = source.read(options, self._subset.format)
        while True:
            with self._watch.phase("read"):
                batch = next(records, None)
            if batch is None:
                return
            yield batch

    def _extract(self, html: bytes, content_type: str | None) -> str:
        extractor = self._recipe.ingest.extractor
        self._num_pages += 1
        with self._watch.phase("extract"):
            return current_guard().alone(
                "pages", self._num_pages, lambda: extract_text(html, content_type, extractor)
            )

    def _judge_all(self, records: Records, file: InputFile) -> tuple[Records, "_Judged"]:
        """Judge a batch without the documents at which that crashes; these become unreadable."""
        self._num_batches += 1
        judged, crashed = current_guard().sift(
            f"batch {self._num_batches} ({file.name})",
            records.documents.num_rows,
            lambda rows: self._judge(records_of(records, rows), file),
        )
        return readable(records, crashed, file.name), judged

    def _judge(self, records: Records, file: InputFile) -> "_Judged":
        """All that is decided and made of documents, each by itself; changes nothing."""
        records, findings = self._mask(records)
        batch, decisions = self._decide(records, findings)
        kept = batch.filter(decisions.kept)
        with self._watch.phase("write"):
            measures = self._measures(batch, decisions, findings)
            whole = self._recipe.ingest.keep_dropped == "all"
            gone = dropped_rows(batch, decisions, self._recipe.seed, whole=whole)
        with self._watch.phase("sign"):
            signatures = self._sign(kept, decisions, file)
        return _Judged(batch, findings, decisions, measures, kept, gone, signatures)

    def _add_statistics(self, documents: pa.RecordBatch) -> None:
        with self._watch.phase("statistics"):
            text_bytes = np.diff(text_offsets(documents.column("text")))
            self._statistics.add(documents, text_bytes=text_bytes)

    def _mask(self, records: Records) -> tuple[Records, Findings]:
        """Mask personal data before anything looks at the text, and count."""
        with self._watch.phase("people"):
            texts = records.documents.column("text")
            count = self._recipe.ingest.count_people
            findings = mask_people(texts, self._subset.mask, count=count)
        documents = _with_columns(records.documents, text=findings.texts)
        return replace(records, documents=documents), findings

    def _decide(self, records: Records, findings: Findings) -> tuple[pa.RecordBatch, Decisions]:
        batch = records.documents
        languages, scores = batch.column("language"), batch.column("language_score")
        if self._identifier is not None:
            with self._watch.phase("language"):
                languages, scores = self._identifier.identify(batch.column("text"))
            batch = _with_columns(batch, language=languages, language_score=scores)
        with self._watch.phase("people"):
            if self._recipe.ingest.count_people:
                count_identity(findings, languages)
            if self._words is not None:
                count_words(findings, languages, self._words)
        with self._watch.phase("rules"):
            rules = self._subset, self._origins, self._profile
            decisions = decide(records, languages, scores, *rules)
        if self._classifiers:
            with self._watch.phase("classifiers"):
                decisions = with_classifiers(decisions, records, self._classifiers)
        return batch, decisions

    def _sign(self, kept: pa.RecordBatch, decisions: Decisions, file: InputFile) -> pa.RecordBatch:
        texts, settings = decisions.texts.filter(decisions.kept), self._dedup
        if settings is None:
            return unsigned_batch(kept, texts)
        scope = scope_of(settings, self._subset.name, file.name)
        ranks = policy_ranks(settings, self._subset.name, kept, texts, decisions, self._classifiers)
        return sign_batch(kept, texts, settings, scope, ranks)

    def _count(self, judged: "_Judged", records: Records) -> None:
        subset = self._subset.name
        enter_batch(self._ledger, subset, judged.batch, judged.decisions, judged.findings)
        count_batch("ingest", judged.batch.num_rows)
        for record in records.unreadable:
            enter_unreadable(self._ledger, self._subset.name, record)

    def _unreadable(self, records: Records) -> pa.RecordBatch:
        """What could not be read, with schema UNREADABLE."""
        rows = [
            {
                "file": record.name,
                "position": record.position,
                "reason": record.reason,
                "detail": record.detail,
                "bytes": record.num_bytes,
            }
            for record in records.unreadable
        ]
        if rows and self._first_unreadable is None:
            self._first_unreadable = rows[0]
        return pa.RecordBatch.from_pylist(rows, schema=UNREADABLE)

    def _keep_sample(self, gone: pa.RecordBatch) -> None:
        if gone.num_rows:
            both = pa.concat_tables([self._sample, pa.Table.from_batches([gone])])
            self._sample = smallest(both, SAMPLE_SIZE)

    def _measures_schema(self) -> pa.Schema:
        rules = [] if self._profile is None else [rule.name for rule in self._profile.rules]
        for name, (settings, _) in self._classifiers.items():
            rules += score_rules(name, settings)
        fields = [
            pa.field("doc_id", pa.binary(16), nullable=False),
            pa.field("first_reason", pa.string()),
            pa.field("language", pa.string()),
            pa.field("language_score", pa.float32()),
            pa.field("text_bytes", pa.int64(), nullable=False),
            pa.field("edited_bytes", pa.int64(), nullable=False),
        ]
        words = [] if self._words is None else [WORD_LIST]
        return pa.schema(fields + [pa.field(rule, pa.float64()) for rule in words + rules])

    def _measures(
        self, batch: pa.RecordBatch, decisions: Decisions, findings: Findings
    ) -> pa.RecordBatch:
        schema = self._measures_schema()
        text_bytes = findings.read_bytes
        values = {**findings.measured, **decisions.values}
        columns = [
            batch.column("doc_id"),
            decisions.reason,
            batch.column("language"),
            batch.column("language_score"),
            pa.array(text_bytes),
            pa.array(text_bytes - np.diff(text_offsets(decisions.texts))),
            *(values[rule] for rule in schema.names[6:]),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=schema)


@dataclass(frozen=True)
class _Judged:
    """What is made of a batch: schema DOCUMENTS, but for measures, signatures and what is gone."""

    batch: pa.RecordBatch
    findings: Findings
    decisions: Decisions
    measures: pa.RecordBatch
    kept: pa.RecordBatch
    gone: pa.RecordBatch
    signatures: pa.RecordBatch


def _edits_of_kept(decisions: Decisions, first_row: int) -> pa.RecordBatch:
    """The edits of kept documents; rows as in the part's `documents/`, `first_row` the next."""
    kept = decisions.kept.to_numpy(zero_copy_only=False)
    rows = decisions.edits.column("row").to_numpy()
    edits = decisions.edits.filter(pa.array(kept[rows]))
    place = first_row + np.cumsum(kept) - 1
    return edits.set_column(0, EDITS.field("row"), pa.array(place[rows[kept[rows]]]))


def _with_columns(batch: pa.RecordBatch, **columns: pa.Array) -> pa.RecordBatch:
    arrays = [columns.get(name, batch.column(name)) for name in batch.schema.names]
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)
