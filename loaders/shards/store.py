"""What holds record batches in memory while samples are read from them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from haybale.corpus.errors import CorruptShardError

Int64s = npt.NDArray[np.int64]


class CorruptBatchError(CorruptShardError):
    """A record batch that is not what the index says.

    Attributes:
        row: Which: its row of `shards/index.arrow`.
    """

    def __init__(self, message: str, row: int) -> None:
        super().__init__(message)
        self.row = row

    def __reduce__(self) -> tuple[type, tuple[str, int]]:
        return type(self), (str(self), self.row)


@dataclass(frozen=True)
class HeldBatches:
    """Where record batches are in memory.

    Attributes:
        values: int64[batches]: address of the first token, uint16 or uint32[tokens].
        offsets: int64[batches]: address of the list offsets, int32[documents + 1].
        doc_ids: int64[batches]: address of the ids, 16 bytes each.
        keep: What keeps that memory as it is while this object lives.
    """

    values: Int64s
    offsets: Int64s
    doc_ids: Int64s
    keep: tuple[object, ...]


@dataclass(frozen=True)
class Places:
    """Where parts of record batches can be read.

    Attributes:
        files: int64[batches]: descriptor of an open file; -1 where they are in memory.
        values: int64[batches]: where the tokens begin: a byte of the file, or an address.
        offsets: int64[batches]: likewise the list offsets.
        keep: What keeps files and memory as they are while this object lives.
    """

    files: Int64s
    values: Int64s
    offsets: Int64s
    keep: tuple[object, ...]

    @classmethod
    def in_memory(cls, held: HeldBatches) -> "Places":
        """Of whole record batches in memory."""
        return cls(np.full(len(held.values), -1), held.values, held.offsets, held.keep)


class BatchStore(Protocol):
    """Holds the record batches of one corpus. All methods may be called from several threads."""

    def hold(self, rows: Int64s) -> HeldBatches:
        """Wait until record batches are in memory.

        Args:
            rows: Rows of `shards/index.arrow`, which may repeat.

        Raises:
            CorruptBatchError: If one is not what the index says.
            CorruptShardError: If a shard is missing, or not as long as it was written.
        """

    def place(self, rows: Int64s) -> Places:
        """Where record batches can be read in parts; otherwise like `hold`."""

    def expect(self, rows: Int64s) -> None:
        """Say what will be held soon, most urgent first, in place of what was said before."""

    def counters(self) -> dict[str, int | float]:
        """Bytes read, requests and the like, since the store was opened."""

    def close(self) -> None:
        """Give up threads and files; what is held stays."""
