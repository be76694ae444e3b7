"""What every format that is imported gives: documents of one file, a few MB at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import xxhash

from haybale.corpus.errors import CorruptInputError
from haybale.corpus.pending import FileRecord

BLOCK_TOKENS = 1 << 20
_READ_BYTES = 1 << 22
_MAX_TOKENS = int(np.iinfo(np.int32).max)

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Block:
    """Documents that follow each other in a file.

    Attributes:
        first: Number of the first of them in the file.
        lengths: int64[documents], in tokens.
        ids: Any integers [tokens], as the file has them.
    """

    first: int
    lengths: Int64s
    ids: npt.NDArray[Any]


class TokenFile(Protocol):
    """A file of documents as token ids, its header and size already found to be right.

    Attributes:
        path: As errors name it.
        name: Relative to what the user named; it enters the ids of documents.
        num_tokens: In all documents.
    """

    path: str
    name: str
    num_tokens: int

    def blocks(self) -> Iterator[Block]:
        """All documents, in order.

        Raises:
            CorruptInputError: Where the file contradicts itself.
        """

    def inputs(self) -> list[FileRecord]:
        """The files read, with their digests; once `blocks` has come to its end."""


class FlatIds:
    """A file that is nothing but ids, read once from its beginning to its end.

    Args:
        path: A local file.
        dtype: Of the ids.
    """

    def __init__(self, path: str, dtype: np.dtype[Any]) -> None:
        self.path, self._dtype = path, dtype
        self._num_bytes = Path(path).stat().st_size
        self._digest = xxhash.xxh3_128()

    def blocks(self, lengths: Iterator[Int64s]) -> Iterator[Block]:
        """The documents of these lengths: up to `BLOCK_TOKENS` tokens together, or a longer one."""
        first = 0
        with Path(self.path).open("rb") as file:
            for group in lengths:
                ends = np.cumsum(group)
                start = 0
                while start < len(group):
                    before = int(ends[start - 1]) if start else 0
                    within = int(np.searchsorted(ends, before + BLOCK_TOKENS, side="right"))
                    stop = max(within, start + 1)
                    num_tokens = int(ends[stop - 1]) - before
                    ids = self._read(file, num_tokens, first + start)
                    yield Block(first + start, group[start:stop], ids)
                    start = stop
                first += len(group)

    def _read(self, file: Any, num_tokens: int, document: int) -> npt.NDArray[Any]:
        if num_tokens > _MAX_TOKENS:
            raise CorruptInputError(
                self.path,
                document,
                f"document {document} has {num_tokens} tokens, more than {_MAX_TOKENS}; "
                "do its documents end with --eos-id?",
            )
        ids = np.fromfile(file, self._dtype, num_tokens)
        if len(ids) < num_tokens:
            raise CorruptInputError(self.path, document, "the file ended while it was read")
        self._digest.update(ids.data)
        return ids

    def record(self, name: str) -> FileRecord:
        """Size and digest of what was read."""
        return FileRecord(name, self._num_bytes, self._digest.hexdigest())


def small_record(path: str, name: str) -> FileRecord:
    """Size and digest of a file beside the ids."""
    hasher, num_bytes = xxhash.xxh3_128(), 0
    with Path(path).open("rb") as file:
        while block := file.read(_READ_BYTES):
            hasher.update(block)
            num_bytes += len(block)
    return FileRecord(name, num_bytes, hasher.hexdigest())
