"""One source as a stream of tokens: its shards one after the other, mapped into memory.

The index says where each record batch keeps its values and list offsets, so nothing is parsed.
Document boundaries come from the list offsets, never from looking for an EOS.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.errors import CorruptShardError
from haybale.corpus.storage import Folder

Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True)
class DocumentSpan:
    """The part of a document that lies in a sample.

    Attributes:
        doc_id: The document, in hex.
        shard: Path of the shard below the corpus.
        start: Offset of the part's first token within the shard.
        length: Tokens of the part.
    """

    doc_id: str
    shard: str
    start: int
    length: int


@dataclass(frozen=True)
class _Piece:
    """A stretch of a stream within one record batch."""

    batch: int
    start: int  # tokens, from the record batch's first
    length: int


class TokenStream:
    """The tokens of one subset of one split, in the order of the index.

    Args:
        folder: A local corpus.
        rows: The index's rows of this source.
        dtype: Of the stored tokens.

    Raises:
        CorruptShardError: If a shard is missing, or shorter or longer than the index says.
    """

    def __init__(self, folder: Folder, rows: pa.Table, dtype: np.dtype[Any]) -> None:
        self._folder, self.dtype = folder, dtype
        shards = rows.column("shard").combine_chunks().dictionary_encode()
        self._shards: list[str] = shards.dictionary.to_pylist()
        self._shard_of: Int32s = shards.indices.to_numpy()
        self._first_batches = np.unique(self._shard_of, return_index=True)[1]
        self._num_documents, self._num_values = _column(rows, "rows"), _column(rows, "tokens")
        self._ids_at = _column(rows, "doc_ids_position")
        self._offsets_at = _column(rows, "offsets_position")
        self._values_at = _column(rows, "values_position")
        self._starts: Int64s = np.concatenate([[0], np.cumsum(self._num_values)])
        self.num_tokens = int(self._starts[-1])
        self._maps: dict[int, mmap.mmap] = {}
        self._check_sizes(rows)

    def __getstate__(self) -> dict[str, Any]:
        """Without the maps: another process maps the files itself."""
        return self.__dict__ | {"_maps": {}}

    def _check_sizes(self, rows: pa.Table) -> None:
        """Reading a mapped file beyond its end kills the process, so sizes are checked first."""
        expected = _column(rows, "shard_bytes")[self._first_batches]
        for name, num_bytes in zip(self._shards, expected, strict=True):
            found = self._folder.size(name)
            if found != num_bytes:
                what = "no file" if found < 0 else f"{found} bytes"
                raise CorruptShardError(
                    f"{self._folder.path(name)}: expected {num_bytes} bytes, found {what}; "
                    "restore the file from a copy or build the corpus again"
                )

    def read(self, start: int, tokens: npt.NDArray[Any]) -> Iterator[Int64s]:
        """Fill an array with the stream's tokens from `start` on.

        Args:
            start: Offset in the stream.
            tokens: Filled in place; any length that the stream has.

        Yields:
            Offsets in `tokens` at which documents begin, rising, in one or more arrays.
        """
        filled = 0
        for piece in self._pieces(start, len(tokens)):
            mapped, first = self._map(piece.batch), int(self._values_at[piece.batch])
            at = first + piece.start * self.dtype.itemsize
            values = np.frombuffer(mapped, self.dtype, piece.length, at)
            tokens[filled : filled + piece.length] = values
            begin, end = self._documents_from(piece)
            yield self._offsets(piece.batch)[begin:end] + np.int64(filled - piece.start)
            filled += piece.length

    def documents(self, start: int, length: int) -> list[DocumentSpan]:
        """The documents that a stretch of the stream is made of."""
        spans = []
        for piece in self._pieces(start, length):
            offsets = self._offsets(piece.batch)
            begin, end = self._documents_from(piece)
            inside = offsets[begin:end].tolist()
            starts = inside if inside[:1] == [piece.start] else [piece.start, *inside]
            first = begin + len(inside) - len(starts)
            shard = self._shard_of[piece.batch]
            before = int(self._starts[piece.batch] - self._starts[self._first_batches[shard]])
            ends = [*starts[1:], piece.start + piece.length]
            for number, (at, until) in enumerate(zip(starts, ends, strict=True), start=first):
                doc_id = self._doc_id(piece.batch, number)
                spans.append(DocumentSpan(doc_id, self._shards[shard], before + at, until - at))
        return spans

    def _pieces(self, start: int, length: int) -> Iterator[_Piece]:
        batch = int(self._starts.searchsorted(start, side="right")) - 1
        while length > 0:
            within = start - int(self._starts[batch])
            taken = min(length, int(self._num_values[batch]) - within)
            if taken:
                yield _Piece(batch, within, taken)
            start, length, batch = start + taken, length - taken, batch + 1

    def _documents_from(self, piece: _Piece) -> tuple[int, int]:
        """Range of the documents of a record batch that begin within the piece."""
        offsets = self._offsets(piece.batch)
        # A Python int would make NumPy widen all offsets before it searches them.
        bounds = np.array([piece.start, piece.start + piece.length], np.int32)
        begin, end = offsets.searchsorted(bounds)
        return int(begin), int(end)

    def _offsets(self, batch: int) -> Int32s:
        count = int(self._num_documents[batch]) + 1
        return np.frombuffer(self._map(batch), np.int32, count, int(self._offsets_at[batch]))

    def _doc_id(self, batch: int, number: int) -> str:
        at = int(self._ids_at[batch]) + 16 * number
        return self._map(batch)[at : at + 16].hex()

    def _map(self, batch: int) -> mmap.mmap:
        shard = int(self._shard_of[batch])
        if shard not in self._maps:
            with Path(self._folder.path(self._shards[shard])).open("rb") as file:
                self._maps[shard] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return self._maps[shard]


def _column(rows: pa.Table, name: str) -> Int64s:
    return np.asarray(rows.column(name).to_numpy(), np.int64)


def split_streams(
    folder: Folder, index: pa.Table, split: str, dtype: np.dtype[Any]
) -> dict[str, TokenStream]:
    """The streams of one split by subset, in the order of the index."""
    rows = index.filter(pc.equal(index.column("split"), split))
    subsets = rows.column("subset").unique().to_pylist()
    return {
        subset: TokenStream(folder, rows.filter(pc.equal(rows.column("subset"), subset)), dtype)
        for subset in subsets
    }
