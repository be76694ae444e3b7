"""The shards that `shards/index.arrow` locates, one by one: documents, tokens, identity.

What is stored beside a shard (a packing index, a chunk table) is bound to it by `digest`; where its
documents begin is read from its list offsets, at the places that the index names, so that a remote
reader fetches these and not the tokens.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.digests import digest
from haybale.corpus.errors import CorruptShardError
from haybale.corpus.storage import Folder

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True)
class IndexedShard:
    """A shard as the index knows it.

    Attributes:
        path: Below the corpus folder.
        split: "train" or "validation".
        subset: All its documents belong to this one.
        first_token: Tokens in the shards before it, of the same split and subset.
        rows: Its rows of the index, a record batch each.
    """

    path: str
    split: str
    subset: str
    first_token: int
    rows: pa.Table

    @property
    def num_documents(self) -> int:
        """Documents in it."""
        return int(self.rows.column("rows").to_numpy().sum())

    @property
    def num_tokens(self) -> int:
        """Tokens in it."""
        return int(self.rows.column("tokens").to_numpy().sum())

    @property
    def digest(self) -> str:
        """xxh3-128 of its record batches' digests: of its ids, boundaries and tokens."""
        return digest("".join(self.rows.column("digest").to_pylist()).encode())

    def document_offsets(self, folder: Folder) -> Int64s:
        """Where each document begins, and where the last ends.

        Returns:
            int64[documents + 1]: token offsets within the shard, from 0, rising.

        Raises:
            CorruptShardError: If the shard is not what the index says.
        """
        pieces, before = [np.zeros(1, np.int64)], 0
        with folder.open(self.path) as file:
            for row in self.rows.to_pylist():
                offsets = self._offsets(file, row)
                pieces.append(offsets[1:] + before)
                before += row["tokens"]
        return np.concatenate(pieces)

    def batches(
        self, folder: Folder, dtype: np.dtype[Any]
    ) -> Iterator[tuple[Int64s, npt.NDArray[Any]]]:
        """Its documents, a record batch at a time.

        Args:
            folder: The corpus.
            dtype: Of its tokens; the manifest's.

        Yields:
            int64[documents + 1] offsets into the batch's tokens, and these: uint16 or
            uint32[tokens], read-only.

        Raises:
            CorruptShardError: If the shard is not what the index says.
        """
        with folder.open(self.path) as file:
            for row in self.rows.to_pylist():
                offsets = self._offsets(file, row)
                yield offsets, self._read(file, row["values_position"], row["tokens"], dtype)

    def _offsets(self, file: pa.NativeFile, row: dict[str, Any]) -> Int64s:
        where, num_rows = row["offsets_position"], row["rows"]
        offsets = self._read(file, where, num_rows + 1, np.dtype(np.int32)).astype(np.int64)
        if offsets[0] != 0 or offsets[-1] != row["tokens"] or (np.diff(offsets) < 1).any():
            raise CorruptShardError(
                f"{self.path}, record batch {row['batch']}: its boundaries are not those of "
                f"{num_rows} documents with {row['tokens']} tokens, as the index says; restore it "
                "from a copy or build the corpus again"
            )
        return offsets

    def _read(
        self, file: pa.NativeFile, position: int, count: int, dtype: np.dtype[Any]
    ) -> npt.NDArray[Any]:
        file.seek(position)
        buffer = file.read_buffer(count * dtype.itemsize)
        if buffer.size != count * dtype.itemsize:
            raise CorruptShardError(
                f"{self.path}: ends before the place where the index has tokens; restore it from a "
                "copy or build the corpus again"
            )
        values = np.frombuffer(buffer, dtype)
        values.flags.writeable = False  # whoever owns the buffer: kernels know of one sort of array
        return values


def indexed_shards(index: pa.Table) -> list[IndexedShard]:
    """The shards of an index, in its order: split, subset and number.

    Args:
        index: From `haybale.corpus.shards.read_index`; its buffers are kept, not copied.
    """
    shards: list[IndexedShard] = []
    before: dict[tuple[str, str], int] = {}
    for first, count in _runs(index.column("shard")):
        rows = index.slice(first, count)
        path, split, subset = (
            rows.column(name)[0].as_py() for name in ("shard", "split", "subset")
        )
        first_token = before.get((split, subset), 0)
        shard = IndexedShard(path, split, subset, first_token, rows)
        before[split, subset] = first_token + shard.num_tokens
        shards.append(shard)
    return shards


def _runs(column: pa.ChunkedArray) -> Iterator[tuple[int, int]]:
    """First row and length of every run of equal values."""
    numbers = column.combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    lengths = np.diff(np.append(starts, len(numbers)))
    yield from zip(starts.tolist(), lengths.tolist(), strict=True)
