"""The end of stage 4: an index of all documents, so that nobody need look for one.

    runs    per part and per shard: what it tells of its documents, sorted by id
    ranges  per range of ids: read that range of every run, and bring together what they tell
    files   the input files

Ranges are equal, because ids are hashes, and there are as many as the number of documents asks for:
memory does not grow with the corpus, and workers leave no trace in the bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.digests import ids_from_words
from haybale.corpus.indexed_shards import indexed_shards
from haybale.corpus.lookup_tables import (
    BATCH_ROWS,
    DOCUMENTS_FOLDER,
    DUPLICATES,
    DUPLICATES_FOLDER,
    FILES,
    FILES_PATH,
    PLACES,
)
from haybale.corpus.pending import FileRecord
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.jobs.lookup_runs import (
    DUPLICATE,
    PLACE,
    RUNS_FOLDER,
    RunsWorker,
    part_source,
    run_name,
    shard_source,
)
from haybale.pipeline.planning.input_facts import first_records
from haybale.pipeline.rows.external_sort import ExternalSort
from haybale.pipeline.rows.row_files import RowFile
from haybale.pipeline.rows.tables import open_table
from haybale.pipeline.shuffle import run_starts
from haybale.pipeline.units.drive import run_units
from haybale.pipeline.units.steps import (
    Step,
    UnitResult,
    do_unit,
    fingerprint,
    finish,
    finished_units,
    is_finished,
)
from haybale.pipeline.units.worker import PartWorker

STAGE = "lookup"
FILE_ROWS = 1 << 20
"""Documents of a file of the index, about."""

Rows = npt.NDArray[np.void]


def index_documents(context: BuildContext, before: str, num_documents: int) -> None:
    """Write the index of all documents that were read.

    Args:
        context: The build.
        before: Digest of what all stages left behind, shards included.
        num_documents: How many were read.
    """
    folder = context.folder
    num_ranges = -(-num_documents // FILE_ROWS) or 1
    bound = fingerprint(STAGE, num_ranges, before)
    runs, ranges, files = (Step(f"{STAGE}/{name}", bound) for name in ("runs", "ranges", "files"))
    if not is_finished(folder, files):
        num_shards = len(indexed_shards(read_index(folder)))
        num_bytes = num_documents * PLACE.itemsize
        worker = RunsWorker(folder.uri, runs, num_ranges)
        run_units(context, worker, len(context.parts) + num_shards, num_bytes)
        rest = RangesWorker(folder.uri, ranges, num_shards)
        run_units(context, rest, num_ranges, num_bytes)
        with context.progress.watch(files.name):
            do_unit(folder, files, "files", lambda: _write_files(context, runs))
        finish(folder, files)
    folder.remove(RUNS_FOLDER)


def _write_files(context: BuildContext, runs: Step) -> UnitResult:
    """The table of input files."""
    results = finished_units(context.folder, runs)
    rows = []
    read = [results[part_source(part)].facts["rows_read"] for part in context.parts]
    before = first_records(context.parts, read)
    for part in context.parts:
        # Below zero where the first documents of a file stand in parts before this one.
        first_rows = (np.r_[0, np.cumsum(read[part.number])] - before[part.number]).tolist()
        for file, first_row in zip(part.files, first_rows, strict=False):
            rows.append({"part": part.name, "name": file.name, "first_row": first_row})
    with open_table(context.folder, FILES_PATH, FILES, compressed=False) as writer:
        for start in range(0, len(rows), BATCH_ROWS):
            batch = pa.RecordBatch.from_pylist(rows[start : start + BATCH_ROWS], schema=FILES)
            writer.write(batch)
    return UnitResult((writer.record(),))


@dataclass
class RangesWorker(PartWorker):
    """Writes the index, a range of ids a unit; see `haybale.pipeline.units.worker.UnitWorker`.

    Attributes:
        num_shards: That told of their documents.
    """

    num_shards: int
    _sources: list[str] = field(init=False, repr=False)

    def load(self) -> None:
        """Read the plan."""
        super().load()
        self._sources = [part_source(part) for part in self._parts]

    def name(self, unit: int) -> str:
        """The range's number."""
        return f"{unit:05d}"

    def do(self, unit: int) -> UnitResult:
        """Bring together what all runs tell of the documents of one range."""
        shards = [shard_source(number) for number in range(self.num_shards)]
        places = self._range(unit, "places", [*self._sources, *shards])
        duplicates = self._range(unit, "duplicates", self._sources)
        return UnitResult((places, duplicates))

    def _range(self, unit: int, kind: str, sources: list[str]) -> FileRecord:
        folder = Folder(self.output)
        to, row_type, schema, key, whole = _TABLES[kind]
        with (
            folder.scratch() as scratch,
            open_table(folder, f"{to}/{unit:05d}.arrow", schema, compressed=False) as writer,
        ):
            rows = ExternalSort(row_type, key, scratch, whole=whole)
            for source in sources:
                rows.add(_slice(folder, run_name(kind, source), unit))
            blocks = (_merged(block) if kind == "places" else block for block in rows.blocks())
            for piece in _pieces(blocks, row_type):
                writer.write(_batch(piece, schema))
        return writer.record()


_TABLES: dict[str, tuple[str, np.dtype[Any], pa.Schema, tuple[str, ...], int]] = {
    "places": (DOCUMENTS_FOLDER, PLACE, PLACES, ("id",), 2),
    "duplicates": (DUPLICATES_FOLDER, DUPLICATE, DUPLICATES, ("survivor", "removed"), 4),
}


def _slice(folder: Folder, name: str, unit: int) -> Rows:
    """One range of a run."""
    start, stop = RowFile(folder, f"{name}.starts.npy")[unit : unit + 2].tolist()
    return RowFile(folder, f"{name}.npy")[start:stop]


def _merged(block: Rows) -> Rows:
    """What a part and a shard tell of a document, in one row: where one tells nothing it has -1."""
    starts = run_starts(block["id"][:, 0], block["id"][:, 1])
    merged = np.empty(len(starts), PLACE)
    merged["id"] = block["id"][starts]
    for name in (PLACE.names or ())[1:]:
        merged[name] = np.maximum.reduceat(block[name], starts)
    for name in ("file", "token_batch"):
        told = np.add.reduceat((block[name] >= 0).astype(np.int64), starts)
        assert (told <= 1).all(), f"two documents of one id: {name}"
    assert (merged["file"] >= 0).all(), "tokens of a document that nobody read"
    return merged


def _pieces(blocks: Iterator[Rows], row_type: np.dtype[Any]) -> Iterator[Rows]:
    """Cut into pieces of BATCH_ROWS; how blocks were cut leaves no trace."""
    rest = np.empty(0, row_type)
    for block in blocks:
        rest = np.concatenate([rest, block])
        whole = len(rest) // BATCH_ROWS * BATCH_ROWS
        for start in range(0, whole, BATCH_ROWS):
            yield rest[start : start + BATCH_ROWS]
        rest = rest[whole:]
    if len(rest):
        yield rest


def _batch(rows: Rows, schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        ids_from_words(rows[name]) if rows[name].ndim == 2 else pa.array(rows[name])
        for name in rows.dtype.names or ()
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
