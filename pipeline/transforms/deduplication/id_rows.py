"""Rows that name documents by id, and side inputs of them.

A build's rows name documents by address, where they stand in its files; here there are none. An id
is held as the 16 bytes it is: rows of them sort as ids do.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.digests import UInt64s, id_words, ids_from_words
from haybale.pipeline.dedup.rows import NUM_RANKS

Ids = npt.NDArray[np.bytes_]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Packed = tuple[int, bytes]

ID = np.dtype("S16")
"""Not void: that does not sort. NumPy fills shorter values up with zeros, so that these decide."""

SEEN = np.dtype([("id", ID), ("check", "u8")])
"""A document, and a hash of all that decides on it: the same for all of one id."""

REPEATED = np.dtype([("id", ID), ("copies", "i8")])
"""An id that more than one document has, and how many have it beside the first."""

GONE = np.dtype([("id", ID), ("survivor", ID), ("shared", "u4"), ("united", "u4")])
"""A removed document, the one that it went for, and their similarity, shared / united; 0 / 0 where
texts were not compared."""

PAIRED = np.dtype([("a", ID), ("b", ID)])
"""Two documents that share a bucket, a < b."""

NEAREST = np.dtype([("id", ID), ("label", ID)])
"""A document, and the smallest id among those that it is paired with."""

LABELLED = np.dtype([("id", ID), ("label", ID), ("size", "u8")])
"""A document, an id that it is sorted by, and the bytes that it takes where it is compared."""

HOMED = np.dtype([("id", ID), ("block", "i8")])
"""A candidate, and the block of candidates that it belongs to."""

WANTED = np.dtype([("id", ID), ("group", "i8")])
"""A candidate, and a group in which it is compared."""

COMPARED = np.dtype([("id", ID), ("rank", "u8", NUM_RANKS), ("length", "i8")])
"""A candidate, its rank, and the length of what it is compared by."""


def bucketed_type(num_words: int) -> np.dtype[Any]:
    """BUCKETED: a document in a bucket, and so many words of `haybale.pipeline.dedup.policy`."""
    return np.dtype([("key", "u8"), ("order", "u8", (num_words,)), ("id", ID)])


def id_array(ids: Ids) -> pa.Array:
    """fixed_size_binary(16)[documents]; the inverse of `haybale.corpus.arrow_files.id_bytes`."""
    return ids_from_words(words_of(ids))


def words_of(ids: Ids) -> UInt64s:
    """uint64[documents, 2], see `haybale.corpus.digests.id_words`."""
    return np.ascontiguousarray(ids).view(">u8").astype(np.uint64).reshape(-1, 2)


def ids_of_words(words: UInt64s) -> Ids:
    """The inverse of `words_of`."""
    return np.ascontiguousarray(words).astype(">u8").view(ID).reshape(-1)


def ranks_of(signed: pa.RecordBatch) -> UInt64s:
    """uint64[documents, 3] of signatures: the policy's two words, then the digest's first."""
    digests = id_words(signed.column("digest"))[:, :1]
    return np.concatenate([id_words(signed.column("rank")), digests], axis=1)


class SideRows:
    """Rows of a side input, sorted by id; sorted anew only when the engine hands over another list.

    Args:
        row_type: Of the rows, with a field `id`.
        fields: What else of them is asked for.

    Attributes:
        ids: Of the rows.
        columns: The fields that are asked for, by name.
    """

    def __init__(self, row_type: np.dtype[Any], *fields: str) -> None:
        self._row_type, self._fields = row_type, fields
        self._blocks: Sequence[bytes] | None = None
        self._put(())

    def take_in(self, blocks: Sequence[bytes]) -> None:
        """Have these rows."""
        if blocks is not self._blocks:
            self._put(blocks)
            self._blocks = blocks

    def _put(self, blocks: Sequence[bytes]) -> None:
        """Columns, not rows: a search in rows would copy all their ids each time."""
        self.ids: Ids = self._column(blocks, "id")
        self.columns: dict[str, npt.NDArray[Any]] = {}
        if self._fields:
            order = np.argsort(self.ids, kind="stable")
            self.ids = self.ids.take(order)
            for name in self._fields:
                self.columns[name] = self._column(blocks, name).take(order)
        else:
            self.ids.sort()

    def _column(self, blocks: Sequence[bytes], name: str) -> npt.NDArray[Any]:
        found = [np.frombuffer(block, self._row_type)[name] for block in blocks]
        return np.concatenate([np.empty(0, self._row_type[name]), *found])

    def find(self, ids: Ids) -> tuple[Int64s, Bools]:
        """Place of the first row of each id (any place where there is none), and whether it is."""
        if len(self.ids) == 0:
            return np.zeros(len(ids), np.int64), np.zeros(len(ids), np.bool_)
        place = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return place, self.ids[place] == ids

    def has(self, ids: Ids) -> Bools:
        """Which of these are among the rows."""
        return self.find(ids)[1]
