"""Whether the index of documents says what documents and shards say, neither more nor less.

Both sides are read once, in their own order, and every statement is hashed and added up, range by
range of ids: sums of hashes are equal where the sets of statements are (AdHash: Bellare and
Micciancio 1997, "A new paradigm for collision-free hashing", section 5). No memory is needed that
grows with the corpus.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import arrow_batches, id_bytes
from haybale.corpus.digests import UInt64s, id_words, mix64
from haybale.corpus.document_index import DocumentIndex
from haybale.corpus.indexed_shards import IndexedShard
from haybale.corpus.lookup_tables import DOCUMENTS_FOLDER, DUPLICATES_FOLDER, range_starts
from haybale.corpus.verification.report import Checking

Int64s = npt.NDArray[np.int64]


@dataclass
class _Sums:
    """For every range of ids the sum of hashed statements and their number."""

    num_ranges: int
    hashes: UInt64s = field(init=False)
    counts: Int64s = field(init=False)

    def __post_init__(self) -> None:
        self.hashes = np.zeros(self.num_ranges, np.uint64)
        self.counts = np.zeros(self.num_ranges, np.int64)

    def add(self, doc_ids: pa.Array, *said: Any) -> None:
        """Add a statement of each document: numbers, or other ids."""
        words = id_words(doc_ids)
        order = np.argsort(words[:, 0])
        hashed = np.zeros(len(words), np.uint64)
        columns = [words[:, 1], words[:, 0]]
        for each in said:
            is_ids = isinstance(each, pa.Array)
            columns[:0] = list(id_words(each).T) if is_ids else [each.astype(np.uint64)]
        for column in columns:
            hashed = mix64(hashed ^ column) + column
        starts = range_starts(words[order, 0], self.num_ranges)
        sums = np.r_[np.zeros(1, np.uint64), np.cumsum(hashed[order], dtype=np.uint64)]
        self.hashes += sums[starts[1:]] - sums[starts[:-1]]
        self.counts += np.diff(starts)


class LookupCheck:
    """Adds up what shards say while they are read, then the rest, and compares.

    Args:
        checking: Told what is wrong.
        shards: Of the index.
    """

    def __init__(self, checking: Checking, shards: list[IndexedShard]) -> None:
        self._checking = checking
        self._num_ranges = DocumentIndex(checking.folder, checking.manifest).num_ranges
        counts = [shard.rows.num_rows for shard in shards]
        first = np.cumsum([0, *counts]).tolist()
        self._next = dict(zip((shard.path for shard in shards), first, strict=False))
        self._tokens = _Sums(self._num_ranges)

    def take(
        self, shard: IndexedShard, batch: pa.RecordBatch, offsets: Int64s, before: int
    ) -> None:
        """A record batch of a shard: where its documents' tokens are."""
        at = np.full(batch.num_rows, self._next[shard.path])
        self._tokens.add(batch.column("doc_id"), at, before + offsets[:-1], np.diff(offsets))
        self._next[shard.path] += 1

    def check(self) -> None:
        """Compare with what the index of documents says."""
        read, kept, tokens = (_Sums(self._num_ranges) for _ in range(3))
        for path in self._paths(f"{DOCUMENTS_FOLDER}/"):
            last = b""
            for batch in arrow_batches(self._checking.folder, path):
                last = self._check_order(path, last, batch)
                columns = {name: batch.column(name) for name in batch.schema.names[1:]}
                numbers = {name: column.to_numpy() for name, column in columns.items()}
                for sums, names in (
                    (read, ("measures_batch", "measures_row")),
                    (kept, ("documents_batch", "documents_row")),
                    (tokens, ("token_batch", "start", "tokens")),
                ):
                    there = numbers[names[0]] >= 0
                    said = (numbers[name][there] for name in names)
                    sums.add(batch.column("doc_id").filter(pa.array(there)), *said)
        self._compare(DOCUMENTS_FOLDER, "measures/", read, self._in_files("measures/"))
        self._compare(DOCUMENTS_FOLDER, "documents/", kept, self._in_files("documents/"))
        self._compare(DOCUMENTS_FOLDER, "shards/", tokens, self._tokens)
        self._check_duplicates()

    def _check_duplicates(self) -> None:
        indexed, removed = _Sums(self._num_ranges), _Sums(self._num_ranges)
        for prefix, sums in ((f"{DUPLICATES_FOLDER}/", indexed), ("dedup/removals/", removed)):
            for path in self._paths(prefix):
                columns = ["survivor", "removed"]
                for batch in arrow_batches(self._checking.folder, path, columns):
                    sums.add(batch.column("survivor"), batch.column("removed"))
        self._compare(DUPLICATES_FOLDER, "dedup/removals/", indexed, removed)

    def _in_files(self, prefix: str) -> _Sums:
        """Record batch and row of every document of a folder."""
        sums = _Sums(self._num_ranges)
        for path in self._paths(prefix):
            first = 0
            for number, batch in enumerate(arrow_batches(self._checking.folder, path, ["doc_id"])):
                rows = np.arange(first, first + batch.num_rows)
                sums.add(batch.column("doc_id"), np.full(len(rows), number), rows)
                first += batch.num_rows
        return sums

    def _paths(self, prefix: str) -> list[str]:
        paths = [record.path for record in self._checking.manifest.files]
        return [path for path in paths if path.startswith(prefix)]

    def _check_order(self, path: str, last: bytes, batch: pa.RecordBatch) -> bytes:
        ids = id_bytes(batch.column("doc_id"))
        if (ids[1:] <= ids[:-1]).any() or (last and ids[0] <= np.bytes_(last)):
            self._checking.problem(path, "its ids are not sorted, each once")
        return bytes(ids[-1])

    def _compare(self, folder: str, source: str, found: _Sums, expected: _Sums) -> None:
        for number in np.flatnonzero(found.hashes != expected.hashes).tolist():
            self._checking.problem(
                f"{folder}/{number:05d}.arrow",
                f"it says of {found.counts[number]} documents where they are in {source}, and "
                f"there they are not: it has {expected.counts[number]} of this range of ids",
            )
