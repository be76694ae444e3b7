"""Where every document is, as sorted runs: what parts and shards tell of it, a run for each.

A part tells of every document that was read where it is in `measures/` and `documents/`, and who
was removed for whom; a shard tells where its documents' tokens are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import arrow_batches, id_bytes, open_arrow
from haybale.corpus.digests import UInt64s, id_words
from haybale.corpus.indexed_shards import IndexedShard, indexed_shards
from haybale.corpus.lookup_tables import range_starts
from haybale.corpus.pending import FileRecord
from haybale.corpus.shards import batch_buffers, read_index
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.rows.row_order import take_sorted
from haybale.pipeline.rows.tables import read_table, write_rows
from haybale.pipeline.units.steps import UnitResult
from haybale.pipeline.units.worker import PartWorker

Rows = npt.NDArray[np.void]
Int64s = npt.NDArray[np.int64]

RUNS_FOLDER = "run/lookup/rows"

PLACE = np.dtype(
    [
        ("id", "u8", 2),
        *((name, "i4") for name in ("file", "measures_batch", "documents_batch", "token_batch")),
        *((name, "i8") for name in ("measures_row", "documents_row", "start", "tokens")),
    ]
)
"""What one run tells of a document, fields as in `haybale.corpus.lookup_tables.PLACES`; -1 where
it tells nothing."""

DUPLICATE = np.dtype([("survivor", "u8", 2), ("removed", "u8", 2)])
"""A removed document and the one that stands for it."""


def run_name(kind: str, source: str) -> str:
    """The path of a run, but for its ending: of places or duplicates, from a part or a shard."""
    return f"{RUNS_FOLDER}/{kind}/{source}"


def part_source(part: Part) -> str:
    """A part as a source of runs."""
    return f"parts/{part.name}"


def shard_source(number: int) -> str:
    """A shard as a source of runs."""
    return f"shards/{number:05d}"


@dataclass
class RunsWorker(PartWorker):
    """Writes the runs of parts, then those of shards; see `UnitWorker`.

    Attributes:
        num_ranges: Ranges of ids that will be read of each run.
    """

    num_ranges: int
    _index: pa.Table = field(init=False, repr=False)
    _shards: list[IndexedShard] = field(init=False, repr=False)

    def load(self) -> None:
        """Read the plan and the index of shards."""
        super().load()
        self._index = read_index(Folder(self.output))
        self._shards = indexed_shards(self._index)

    def name(self, unit: int) -> str:
        """The source's."""
        num_parts = len(self._parts)
        return (
            part_source(self._parts[unit]) if unit < num_parts else shard_source(unit - num_parts)
        )

    def do(self, unit: int) -> UnitResult:
        """Write what one part or shard tells."""
        if unit >= len(self._parts):
            return self._of_shard(unit - len(self._parts))
        folder, part = Folder(self.output), self._parts[unit]
        read = rows_read(folder, part)
        places = _places_of_part(folder, part, self._first_file(unit), read)
        source = part_source(part)
        files = self._write(folder, "places", source, places, ("id",))
        files += self._write(folder, "duplicates", source, _duplicates(folder, part), ("survivor",))
        return UnitResult(files, facts={"rows_read": read})

    def _first_file(self, unit: int) -> int:
        return sum(len(part.files) for part in self._parts[:unit])

    def _of_shard(self, number: int) -> UnitResult:
        folder, shard = Folder(self.output), self._shards[number]
        first = sum(one.rows.num_rows for one in self._shards[:number])
        places = _places_of_shard(folder, shard, first)
        return UnitResult(self._write(folder, "places", shard_source(number), places, ("id",)))

    def _write(
        self, folder: Folder, kind: str, source: str, rows: Rows, key: tuple[str]
    ) -> tuple[FileRecord, ...]:
        """A run, and where each range begins in it."""
        words = rows[key[0]]
        rows = take_sorted(rows, [words[:, 0], words[:, 1]]) if len(rows) else rows
        starts = range_starts(rows[key[0]][:, 0], self.num_ranges)
        name = run_name(kind, source)
        return (
            write_rows(folder, f"{name}.npy", rows),
            write_rows(folder, f"{name}.starts.npy", starts),
        )


def rows_read(folder: Folder, part: Part) -> list[int]:
    """Documents read of each of a part's files: its records but for those that were unreadable."""
    record = read_parsed(folder, f"run/ingest/{part.name}.json")
    return [file["documents"] for file in record["facts"]["inputs"]]


def _ids(folder: Folder, path: str) -> tuple[list[pa.Array], Int64s]:
    """A file's ids, and the record batch of each."""
    batches = [batch.column("doc_id") for batch in arrow_batches(folder, path, ["doc_id"])]
    numbers = np.repeat(np.arange(len(batches)), [len(batch) for batch in batches])
    return batches, numbers


def _words(arrays: Sequence[pa.Array]) -> UInt64s:
    return np.concatenate([np.empty((0, 2), np.uint64), *map(id_words, arrays)])


def _blank(num_rows: int) -> Rows:
    rows = np.empty(num_rows, PLACE)
    for name in PLACE.names or ():
        rows[name] = 0 if name == "id" else -1
    return rows


def _places_of_part(folder: Folder, part: Part, first_file: int, read: list[int]) -> Rows:
    measured, batch = _ids(folder, f"measures/{part.name}.arrow")
    rows = _blank(len(batch))
    assert sum(read) == len(rows), f"{part.name}: {sum(read)} read, {len(rows)} measured"
    rows["id"] = _words(measured)
    rows["file"] = first_file + np.repeat(np.arange(len(read)), read)
    rows["measures_batch"], rows["measures_row"] = batch, np.arange(len(rows))
    kept, batch = _ids(folder, f"documents/{part.name}.arrow")
    all_ids, kept_ids = (
        np.concatenate([np.empty(0, "S16"), *map(id_bytes, ids)]) for ids in (measured, kept)
    )
    order = np.argsort(all_ids)
    at = order[np.searchsorted(all_ids[order], kept_ids)] if len(kept_ids) else np.empty(0, int)
    assert (all_ids[at] == kept_ids).all(), f"{part.name}: a document was kept and not measured"
    rows["documents_batch"][at], rows["documents_row"][at] = batch, np.arange(len(at))
    return rows


def _duplicates(folder: Folder, part: Part) -> Rows:
    path = f"dedup/removals/{part.name}.arrow"
    if not folder.exists(path):
        return np.empty(0, DUPLICATE)
    table = read_table(folder, path, ["survivor", "removed"])
    rows = np.empty(table.num_rows, DUPLICATE)
    for name in ("survivor", "removed"):
        rows[name] = _words(table.column(name).chunks)
    return rows


def _places_of_shard(folder: Folder, shard: IndexedShard, first_index_row: int) -> Rows:
    reader, found, before = open_arrow(folder, shard.path), [], 0
    for number in range(reader.num_record_batches):
        batch: Any = reader.get_batch(number)
        rows = _blank(batch.num_rows)
        offsets = np.frombuffer(batch_buffers(batch)[1], np.int32, len(rows) + 1).astype(np.int64)
        rows["id"] = id_words(batch.column("doc_id"))
        rows["token_batch"] = first_index_row + number
        rows["start"], rows["tokens"] = before + offsets[:-1], np.diff(offsets)
        before += int(offsets[-1])
        found.append(rows)
    return np.concatenate([np.empty(0, PLACE), *found])
