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

    def expect(self, rows: Int64s) -> None:
        """Say what will be held soon, most urgent first, in place of what was said before."""

    def counters(self) -> dict[str, int | float]:
        """Bytes read, requests and the like, since the store was opened."""

    def close(self) -> None:
        """Give up threads and files; what is held stays."""
