"""What parts hold of documents that are taken down: their texts, numbers and signatures go.

A document's row stays where it is, blank but for id and subset, since edits, removals and the index
of documents count rows. What was measured of it is handed on, so that the card can be told.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import arrow_batches, id_bytes, open_arrow
from haybale.corpus.contamination import OVERLAPS
from haybale.corpus.pending import FileRecord
from haybale.corpus.takedowns import TAKEN_ROWS, taken_rows_path
from haybale.corpus.text_history import EDITING
from haybale.pipeline.ingesting.dropped import DROPPED
from haybale.pipeline.rows.tables import open_table, read_table
from haybale.pipeline.takedown.blank import blanked
from haybale.pipeline.takedown.ids import are_in, as_arrow
from haybale.pipeline.takedown.located import Located
from haybale.pipeline.takedown.part_measures import TakenPart, add_dropped, taken_measures
from haybale.pipeline.takedown.work import Exchange, Work
from haybale.pipeline.units.steps import UnitResult, do_unit

Int64s = npt.NDArray[np.int64]

_KEPT = {
    "documents": ("doc_id", "subset"),
    "measures": ("doc_id", "first_reason"),
    "signatures": ("doc_id",),
}
"""Columns that stay of a document's row, by folder."""
_UNCOMPRESSED = ("signatures",)
_BY_ROW = (*(f"{stage}/{{}}.arrow" for stage in EDITING), f"decontaminate/{{}}{OVERLAPS}")
"""Files of a part that say something of a document's text, by its row of `documents/`."""


def rewrite_parts(
    work: Work,
    located: Located,
    rules: npt.NDArray[np.object_],
    tokens: npt.NDArray[np.void],
    exchange: Exchange,
) -> list[tuple[str, dict[str, Any]]]:
    """Rewrite the files of parts that hold any of the documents.

    Args:
        work: The takedown.
        located: Its documents.
        rules: Of each, why it goes.
        tokens: TAKEN_TOKENS of those that were in shards, sorted by id.
        exchange: Told what was written.

    Returns:
        Subset and facts of each part, of documents that were in the corpus: `languages` (to
        `Encoded`), `rules` (to language to documents, bytes, tokens), `text_bytes` by split,
        `lengths`, `domains`, `licenses`; of all that are still held, `domains_read`; and
        `domains_unknown`, how many dropped ones have no sample that would tell.
    """
    numbers, found, done = np.unique(located.part[located.part >= 0]).tolist(), [], 0
    with work.progress.watch("texts", lambda: (done, len(numbers))):
        for number in numbers:
            mine = located.part == number
            part = TakenPart(
                located.part_names[number],
                located.ids[mine],
                located.documents_row[mine],
                located.measures_row[mine],
                located.in_corpus[mine],
                rules[mine],
            )
            result = do_unit(
                work.folder,
                work.step("parts"),
                part.name,
                partial(_rewrite, work, part, tokens),
            )
            exchange.add(*result.files)
            found.append((part.subset, result.facts))
            done += 1
    return found


def _rewrite(work: Work, part: TakenPart, tokens: npt.NDArray[np.void]) -> UnitResult:
    work.check(*_sources(part))
    rows = np.sort(part.documents_row[part.documents_row >= 0])
    facts = taken_measures(work, part, tokens) if len(rows) else {"domains_read": {}}
    add_dropped(facts, part, _sampled(work, part))
    files = [
        *_blank(work, part, "documents", rows),
        *_blank(work, part, "signatures", rows),
        *_blank(work, part, "measures", np.sort(part.measures_row)),
        *_without_rows(work, part, rows),
        *_without_samples(work, part),
        *_taken_rows(work, part),
    ]
    return UnitResult(tuple(files), facts=facts)


def _sources(part: TakenPart) -> list[str]:
    """All that is rewritten of a part."""
    by_folder = [f"{folder}/{part.name}.arrow" for folder in (*_KEPT, "dropped/samples")]
    by_row = [name.format(part.name) for name in _BY_ROW]
    return [*by_folder, *by_row, taken_rows_path(part.name)]


def _sampled(work: Work, part: TakenPart) -> pa.Table:
    """What is held of documents that ingest dropped."""
    path = f"dropped/samples/{part.name}.arrow"
    return read_table(work.folder, path) if work.has(path) else DROPPED.empty_table()


def _blank(work: Work, part: TakenPart, kind: str, rows: Int64s) -> list[FileRecord]:
    path = f"{kind}/{part.name}.arrow"
    if not len(rows) or not work.has(path):
        return []
    schema, batches = blanked(work.folder, path, rows, _KEPT[kind])
    with open_table(work.new, path, schema, compressed=kind not in _UNCOMPRESSED) as writer:
        for batch in batches:
            writer.write(batch)
    return [writer.record()]


def _without_rows(work: Work, part: TakenPart, rows: Int64s) -> list[FileRecord]:
    """Edits, cuts and shared n-grams of the part, but for those of the documents."""
    records = []
    for name in _BY_ROW:
        path = name.format(part.name)
        if work.has(path):
            goes = [
                np.isin(batch.column(0).to_numpy(), rows)
                for batch in arrow_batches(work.folder, path, ["row"])
            ]
            records += _filtered(work, path, goes)
    return records


def _without_samples(work: Work, part: TakenPart) -> list[FileRecord]:
    path = f"dropped/samples/{part.name}.arrow"
    if not work.has(path):
        return []
    goes = [
        are_in(id_bytes(batch.column("doc_id")), part.ids)
        for batch in arrow_batches(work.folder, path, ["doc_id"])
    ]
    return _filtered(work, path, goes)


def _filtered(work: Work, path: str, goes: Sequence[npt.NDArray[np.bool_]]) -> list[FileRecord]:
    if not any(mask.any() for mask in goes):
        return []
    with open_table(work.new, path, open_arrow(work.folder, path).schema) as writer:
        for batch, mask in zip(arrow_batches(work.folder, path), goes, strict=True):
            writer.write(batch.filter(pa.array(~mask)))
    return [writer.record()]


def _taken_rows(work: Work, part: TakenPart) -> list[FileRecord]:
    """Those of this takedown, and of those before it."""
    mine = part.in_corpus
    if not mine.any():
        return []
    path = taken_rows_path(part.name)
    columns = [
        pa.array(part.documents_row[mine]),
        as_arrow(part.ids[mine]),
        pa.array(part.rules[mine], pa.string()),
    ]
    tables = [pa.Table.from_arrays(columns, schema=TAKEN_ROWS)]
    if work.has(path):
        tables.append(read_table(work.folder, path))
    with open_table(work.new, path, TAKEN_ROWS) as writer:
        for batch in pa.concat_tables(tables).sort_by("row").combine_chunks().to_batches():
            writer.write(batch)
    return [writer.record()]
