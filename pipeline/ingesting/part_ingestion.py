"""One part on its way through ingest: its files are read and judged, and what comes of it is kept.

Files it leaves, each named after the part: see `haybale.pipeline.jobs.ingest`.
"""

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from haybale.corpus.documents import text_offsets
from haybale.corpus.ledger import Ledger
from haybale.corpus.listing import InputFile
from haybale.corpus.storage import Folder
from haybale.pipeline.counters import count_batch
from haybale.pipeline.ingesting.accounts import enter_batch, enter_unreadable
from haybale.pipeline.ingesting.dropped import DROPPED, SAMPLE_SIZE, smallest, unreadable_rows
from haybale.pipeline.ingesting.judging import Judge, Judged
from haybale.pipeline.ingesting.part_tables import PartTables
from haybale.pipeline.ingesting.source_reading import SourceReading
from haybale.pipeline.ingesting.statistics import Statistics
from haybale.pipeline.isolation.crashes import readable, records_of
from haybale.pipeline.isolation.guard import current_guard
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.sources.records import ReadOptions, Records
from haybale.pipeline.units.steps import UnitResult
from haybale.quality.extraction import extract_text

READ_QUANTITIES = ("text_bytes",)
"""Of documents as read, see `haybale.pipeline.ingesting.statistics`."""


def read_statistics_stem(part: str) -> str:
    """Where the statistics of a part's documents as read are left."""
    return f"run/ingest/{part}"


class PartIngestion:
    """Ingests one part.

    Args:
        judge: Of its subset.
        folder: The corpus.
        part: Of its plan.
        begin: Where the first record of its piece is known to begin.
    """

    def __init__(self, judge: Judge, folder: Folder, part: Part, begin: int | None) -> None:
        self._judge, self._watch = judge, judge.watch
        self._recipe, self._subset = judge.recipe, judge.subset
        self._folder, self._part, self._begin = folder, part, begin
        self._ledger = Ledger()
        self._statistics = Statistics(READ_QUANTITIES)
        self._sample = DROPPED.empty_table()
        self._first_unreadable: dict[str, Any] | None = None
        self._num_batches = self._num_pages = 0

    def run(self) -> UnitResult:
        """Read every file of the part and commit what comes of it."""
        with contextlib.ExitStack() as stack:
            tables = PartTables(stack, self._folder, self._part.name, self._judge)
            inputs = [self._ingest_file(file, tables) for file in self._part.files]
            for batch in self._sample.to_batches():
                tables.dropped.write(batch)
        with self._watch.phase("statistics"):
            stem = read_statistics_stem(self._part.name)
            statistics = self._statistics.write(self._folder, stem)
        return UnitResult(
            files=(*tables.records(), *statistics),
            ledger=self._ledger,
            facts={
                "inputs": inputs,
                "documents": tables.documents.num_rows,
                "first_unreadable": self._first_unreadable,
            },
            timing={f"cpu_seconds_{name}": value for name, value in self._watch.seconds.items()},
        )

    def _ingest_file(self, file: InputFile, tables: PartTables) -> dict[str, Any]:
        """What was read of a file, once all that comes of it is written."""
        source = SourceReading(file, self._part.piece, self._begin)
        first_row = tables.measures.num_rows
        for found in self._read(source):
            records, judged = self._judge_all(found, file)
            self._count(judged, records)
            with self._watch.phase("write"):
                self._write(judged, records, tables)
        with self._watch.phase("read"):
            return source.facts(tables.measures.num_rows - first_row)

    def _read(self, source: SourceReading) -> Iterator[Records]:
        options = ReadOptions(
            subset=self._subset.name,
            name=source.file.name,
            fields=self._subset.fields,
            license=self._subset.license,
            max_record_bytes=self._recipe.ingest.max_record_bytes,
            extract=partial(self._extract, source.file.name),
        )
        records = source.read(options, self._subset.format)
        while True:
            with self._watch.phase("read"):
                batch = next(records, None)
            if batch is None:
                return
            yield batch

    def _extract(self, file: str, html: bytes, content_type: str | None) -> str:
        extractor = self._recipe.ingest.extractor
        self._num_pages += 1
        with self._watch.phase("extract"):
            return current_guard().alone(
                f"pages of {file}",
                self._num_pages,
                lambda: extract_text(html, content_type, extractor),
            )

    def _judge_all(self, records: Records, file: InputFile) -> tuple[Records, Judged]:
        """Judge a batch without the documents at which that crashes; these become unreadable."""
        self._num_batches += 1
        judged, crashed = current_guard().sift(
            f"batch {self._num_batches} ({file.name})",
            records.documents.num_rows,
            lambda rows: self._judge.judge(records_of(records, rows), file),
        )
        return readable(records, crashed, file.name), judged

    def _count(self, judged: Judged, records: Records) -> None:
        with self._watch.phase("statistics"):
            text_bytes = np.diff(text_offsets(records.documents.column("text")))
            self._statistics.add(records.documents, text_bytes=text_bytes)
        subset = self._subset.name
        enter_batch(self._ledger, subset, judged.batch, judged.decisions, judged.findings)
        count_batch("ingest", judged.batch.num_rows)
        for record in records.unreadable:
            enter_unreadable(self._ledger, subset, record)

    def _write(self, judged: Judged, records: Records, tables: PartTables) -> None:
        tables.measures.write(judged.measures)
        tables.edits.write(judged.edits_of_kept(tables.documents.num_rows))
        tables.documents.write(judged.kept)
        if self._recipe.ingest.keep_dropped == "all":
            tables.dropped.write(judged.gone)
        elif judged.gone.num_rows:
            both = pa.concat_tables([self._sample, pa.Table.from_batches([judged.gone])])
            self._sample = smallest(both, SAMPLE_SIZE)
        unreadable = unreadable_rows(records.unreadable)
        if unreadable.num_rows and self._first_unreadable is None:
            self._first_unreadable = unreadable.slice(0, 1).to_pylist()[0]
        tables.unreadable.write(unreadable)
        tables.signatures.write(judged.signatures)
