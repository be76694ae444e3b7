"""Record batches of a remote corpus, held in memory by mapping the files of a local cache."""

import os
import threading
import time
import weakref
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from haybale.corpus.errors import RecipeError
from haybale.loaders.remote.cache_folder import Bytes, CacheFolder
from haybale.loaders.remote.fetcher import Fetcher
from haybale.loaders.remote.layout import starts_alone
from haybale.loaders.remote.reading import RemoteReader
from haybale.loaders.remote.retry import RetryPolicy
from haybale.loaders.remote.settings import Cache
from haybale.loaders.shards.index_rows import IndexRows
from haybale.loaders.shards.store import HeldBatches, Int64s, Places

MAX_MAPS = 16_384
"""Record batches mapped at a time; Linux grants a process 65,530 maps (`vm.max_map_count`)."""
MAX_MAPPED_BYTES = 2 << 30
"""Of these; they count as memory of the process, though the system may take it back."""

_TOUCH_SECONDS = 1.0
"""A file in steady use has its last use written down so often."""


@dataclass
class _Mapped:
    data: Bytes
    address: int
    used: float  # when its file's last use was written down, by time.monotonic()


class RemoteStore:
    """Fetches record batches when they are held, or before; see `BatchStore`.

    Args:
        uri: See `haybale.loaders.remote.transport.open_transport`.
        index: The corpus's index, read through `MirroredFolder`.
        dtype: Of its tokens.
        cache: Where and how much to keep.
        policy: How patient to be with the server.

    Raises:
        RecipeError: If the URI, the cache's folder or its bound cannot be right.
    """

    def __init__(
        self,
        uri: str,
        index: IndexRows,
        dtype: np.dtype[Any],
        cache: Cache,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._uri, self._index, self._itemsize = uri, index, dtype.itemsize
        self._settings, self._policy = cache, policy or RetryPolicy()
        self._open()

    def _open(self) -> None:
        """Anew in each process: threads, locks and connections do not survive a fork."""
        self._pid, self._lock = os.getpid(), threading.Lock()
        self._maps: OrderedDict[int, _Mapped] = OrderedDict()
        self._mapped_bytes = 0
        self._verified: npt.NDArray[np.bool_] = np.zeros(len(self._index), np.bool_)
        self._num_hits, self._wait_seconds = 0, 0.0
        cache = CacheFolder(self._settings.folder, self._settings.max_bytes)
        reader = RemoteReader(self._uri, self._policy)
        self._fetcher = Fetcher(
            reader, self._index, self._itemsize, cache, self._settings.readers, self._verified
        )
        self._num_evictions = cache.num_evictions
        self._finalizer = weakref.finalize(self, self._fetcher.close)

    def __getstate__(self) -> dict[str, Any]:
        kept = ("_uri", "_index", "_itemsize", "_settings", "_policy")
        return {name: self.__dict__[name] for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open()

    def hold(self, rows: Int64s) -> HeldBatches:
        """Wait until record batches are in memory; see `BatchStore.hold`.

        Raises:
            CorruptBatchError: If one is not what the index says, as often as it is read.
            CorruptShardError: If a shard is missing or too short.
            RemoteError: If the server refuses, or does not answer after every attempt.
            RecipeError: If the cache is too small for the rows, or the disk for the cache.
        """
        self._follow_fork()
        self._index.check_within(rows, self._itemsize)
        self._check_fits(np.unique(rows))
        wanted = list(dict.fromkeys(rows.tolist()))
        with self._lock:
            self._forget_evicted()
            held = {row: found for row in wanted if (found := self._cached(row)) is not None}
            self._num_hits += len(held)
        self._fetcher.held(held)
        if len(held) < len(wanted):
            self._fetch(wanted, held)
        starts, _ = starts_alone(self._index, rows, self._itemsize)
        addresses = np.array([held[row].address for row in rows.tolist()], np.int64)
        ids, offsets, values = np.ascontiguousarray(addresses + starts.T)  # as kernels want them
        return HeldBatches(values, offsets, ids, tuple(held[row].data for row in wanted))

    def place(self, rows: Int64s) -> Places:
        """In memory; see `BatchStore.place`."""
        return Places.in_memory(self.hold(rows))

    def expect(self, rows: Int64s) -> None:
        """Fetch these ahead, as far as the cache has room; see `BatchStore.expect`."""
        self._follow_fork()
        self._index.check_within(rows, self._itemsize)
        self._fetcher.expect(rows.tolist())

    def counters(self) -> dict[str, int | float]:
        """What this process did since it opened the store.

        Returns:
            `bytes_read` and `requests` (retries included) over the network, `retries`,
            `cache_hits` (record batches held that were there), `cache_bytes` and `evictions` (of
            all processes that share the folder), `wait_seconds` (that `hold` waited, of all
            threads).
        """
        self._follow_fork()
        reader, cache = self._fetcher.reader, self._fetcher.cache
        return {
            "bytes_read": reader.num_bytes,
            "requests": reader.num_requests,
            "retries": reader.retries.num_retries,
            "cache_hits": self._num_hits,
            "cache_bytes": cache.used_bytes,
            "evictions": cache.num_evictions,
            "wait_seconds": self._wait_seconds,
        }

    def close(self) -> None:
        """End the readers; what is held stays."""
        self._finalizer()
        with self._lock:
            self._maps.clear()
            self._mapped_bytes = 0

    def _follow_fork(self) -> None:
        if self._pid != os.getpid():
            self._open()

    def _check_fits(self, rows: Int64s) -> None:
        _, num_bytes = starts_alone(self._index, rows, self._itemsize)
        needed = 2 * int(num_bytes.sum())
        if needed > self._settings.max_bytes:
            raise RecipeError(
                f"cache: max_bytes is {self._settings.max_bytes:,}, and one read needs "
                f"{len(rows)} record batches of {needed // 2:,} bytes together; set it to "
                f"{2 * needed:,} or more"
            )

    def _fetch(self, wanted: list[int], held: dict[int, _Mapped]) -> None:
        """Add to `held` what was not in the cache."""
        begun = time.perf_counter()
        try:
            while missing := [row for row in wanted if row not in held]:
                for row, data in zip(missing, self._fetcher.fetch(missing), strict=True):
                    if self._is_right(row, data):
                        with self._lock:
                            held[row] = self._remember(row, data)
        finally:
            with self._lock:
                self._wait_seconds += time.perf_counter() - begun

    def _cached(self, row: int) -> _Mapped | None:
        """A record batch that is in the cache, mapped and checked."""
        mapped = self._maps.get(row)
        if mapped is None:
            num_bytes = self._fetcher.layout(row).num_bytes
            data = self._fetcher.cache.open(self._index.digest(row), num_bytes)
            if data is None or not self._is_right(row, data):
                return None
            return self._remember(row, data)
        self._maps.move_to_end(row)
        if time.monotonic() - mapped.used > _TOUCH_SECONDS:
            self._fetcher.cache.has(self._index.digest(row), mapped.data.size)
            mapped.used = time.monotonic()
        return mapped

    def _is_right(self, row: int, data: Bytes) -> bool:
        """Whether a file is what its name says; hashed once in a process, dropped if not."""
        if not self._verified[row]:
            digest = self._index.digest(row)
            if self._fetcher.layout(row).digest(data) != digest:
                self._fetcher.cache.drop(digest)
                return False
            self._verified[row] = True
        return True

    def _remember(self, row: int, data: Bytes) -> _Mapped:
        self._forget(row)
        mapped = self._maps[row] = _Mapped(data, data.ctypes.data, time.monotonic())
        self._mapped_bytes += data.size
        while len(self._maps) > MAX_MAPS or self._mapped_bytes > MAX_MAPPED_BYTES:
            self._forget(next(iter(self._maps)))  # whoever holds it keeps it mapped
        return mapped

    def _forget(self, row: int) -> None:
        if (mapped := self._maps.pop(row, None)) is not None:
            self._mapped_bytes -= mapped.data.size

    def _forget_evicted(self) -> None:
        """Let go of maps whose files were evicted, by whichever process: the disk gets room."""
        cache = self._fetcher.cache
        if cache.num_evictions == self._num_evictions:
            return
        self._num_evictions = cache.num_evictions
        for row in list(self._maps):
            if not cache.is_there(self._index.digest(row)):
                self._forget(row)
