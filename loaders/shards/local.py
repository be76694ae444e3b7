"""Shards on local disks, mapped into memory."""

import os
import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from haybale.corpus.storage import Folder
from haybale.loaders.shards.index_rows import IndexRows
from haybale.loaders.shards.mapping import map_file
from haybale.loaders.shards.open_files import OpenFiles
from haybale.loaders.shards.shard_files import ADVICE, ShardFiles
from haybale.loaders.shards.store import CorruptBatchError, HeldBatches, Int64s, Places

MAX_MAPS = 16_384
"""Shards mapped at a time, and those of one read; Linux grants a process 65,530 maps
(`vm.max_map_count`)."""

MAX_MAPPED_BYTES = 1 << 36
"""A page table takes a 512th of what is mapped and touched; up to this, all may stay mapped."""

MAX_ROWS_TOUCHED = 1 << 16
"""Beyond `MAX_MAPPED_BYTES`, maps are given up after so many reads here and there: each may take a
page of the page table, which no counter of a process's memory shows (`VmPTE` does)."""


class LocalStore:
    """Maps shards when they are first read; see `BatchStore`.

    Args:
        folder: The corpus.
        index: Its index.
        dtype: Of its tokens.
        verify: Whether a record batch is compared with its digest when it is first held.
    """

    def __init__(
        self, folder: Folder, index: IndexRows, dtype: np.dtype[Any], *, verify: bool
    ) -> None:
        self._folder, self._index, self._dtype = folder, index, dtype
        self._maps: dict[int, npt.NDArray[np.uint8]] = {}
        self._verified = np.zeros(len(index) if verify else 0, np.bool_)
        self._bases = np.zeros(len(index.shards), np.int64)  # addresses of maps; 0 for none
        self._files = ShardFiles(folder, index)
        # What is verified is read as a whole; what may all stay mapped is quickest in memory.
        self._in_parts = not verify and int(index.shard_bytes.sum()) > MAX_MAPPED_BYTES
        self._open = OpenFiles(self._files, len(index.shards))
        self._lock, self._pid = threading.Lock(), os.getpid()
        self._num_held = self._num_touched = self._mapped_bytes = 0

    def check(self, first_row: int, last_row: int) -> None:
        """Refuse shards that are not as long as they were written, or as the index says.

        Reading a mapped file beyond its end would kill the process, days later perhaps.

        Args:
            first_row: The first row of these shards.
            last_row: One past their last.

        Raises:
            CorruptShardError: Naming the shard.
        """
        index = self._index
        first, last = index.shard_number(np.array([first_row, last_row - 1])).tolist()
        self._files.check(first, last)
        index.check_within(slice(first_row, last_row), self._dtype.itemsize)

    def hold(self, rows: Int64s) -> HeldBatches:
        """Addresses of record batches; see `BatchStore.hold`."""
        self._follow_fork()
        shards = self._index.shard_number(rows)
        with self._lock:
            self._num_held += len(rows)
            self._bound_maps(len(rows))
            bases = self._bases[shards]
            if not bases.all():
                for number in np.unique(shards[bases == 0]).tolist():
                    self._map(number)
                bases = self._bases[shards]
            keep = (self._maps,)
            if self._verified.size and not self._verified[rows].all():
                for row in rows[~self._verified[rows]].tolist():
                    self._verify(row)
        index = self._index
        return HeldBatches(
            values=bases + index.values_at[rows],
            offsets=bases + index.offsets_at[rows],
            doc_ids=bases + index.doc_ids_at[rows],
            keep=keep,
        )

    def place(self, rows: Int64s) -> Places:
        """In memory, or in files where not all may stay mapped; see `BatchStore.place`."""
        if not self._in_parts or len(rows) > self._open.max_open:
            return Places.in_memory(self.hold(rows))
        self._follow_fork()
        index = self._index
        with self._lock:
            self._num_held += len(rows)
            files, keep = self._open.hold(index.shard_number(rows))
        return Places(files, index.values_at[rows], index.offsets_at[rows], (keep,))

    def expect(self, rows: Int64s) -> None:
        """Nothing: the operating system reads what is touched."""

    def counters(self) -> dict[str, int | float]:
        """How many record batches were held, and how many shards are mapped."""
        return {"batches_held": self._num_held, "shards_mapped": len(self._maps)}

    def close(self) -> None:
        """Unmap and close what nobody holds."""
        with self._lock:
            self._unmap_all()
            self._open.close()

    def _follow_fork(self) -> None:
        """Begin anew in a forked process: another thread may have had the lock, or been mapping."""
        if self._pid != os.getpid():
            self._pid, self._lock = os.getpid(), threading.Lock()
            self._unmap_all()
            self._open.close()

    def _bound_maps(self, num_rows: int) -> None:
        self._num_touched += num_rows
        is_wide = self._num_touched > MAX_ROWS_TOUCHED and self._mapped_bytes > MAX_MAPPED_BYTES
        if is_wide or len(self._maps) > MAX_MAPS:
            self._unmap_all()

    def _unmap_all(self) -> None:
        """Give up all maps; whoever holds their batches keeps them."""
        self._maps = {}
        self._bases[:] = 0
        self._num_touched = self._mapped_bytes = 0

    def _map(self, number: int) -> None:
        file = self._files.open(number)
        try:
            self._maps[number] = map_file(file, int(self._index.shard_bytes[number]))
        finally:
            os.close(file)
        self._bases[number] = self._maps[number].ctypes.data
        self._mapped_bytes += len(self._maps[number])

    def _verify(self, row: int) -> None:
        if self._verified[row]:  # a row may come twice
            return
        index, hasher = self._index, xxhash.xxh3_128()
        mapped = self._maps[int(index.shard_number(np.array([row]))[0])]
        documents, tokens = int(index.num_documents[row]), int(index.num_tokens[row])
        for begin, length in (
            (int(index.doc_ids_at[row]), 16 * documents),
            (int(index.offsets_at[row]), 4 * (documents + 1)),
            (int(index.values_at[row]), self._dtype.itemsize * tokens),
        ):
            hasher.update(mapped.data[begin : begin + length])
        if hasher.hexdigest() != index.digest(row):
            raise CorruptBatchError(
                f"{self._folder.path(index.name(row))}: expected digest {index.digest(row)}, found "
                f"{hasher.hexdigest()}; {ADVICE}, or read on with on_corrupt='substitute'",
                row,
            )
        self._verified[row] = True
