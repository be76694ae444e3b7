"""Threads that bring record batches from a remote corpus into the cache, whole and checked."""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from haybale.corpus.errors import CorruptShardError, HaybaleError
from haybale.loaders.remote.cache_folder import Arrival, Bytes, CacheFolder
from haybale.loaders.remote.fetch_queue import MAX_REQUEST_BYTES, FetchQueue
from haybale.loaders.remote.layout import BatchLayout, digest_of
from haybale.loaders.remote.reading import ADVICE, RemoteReader
from haybale.loaders.remote.retry import ClosedError
from haybale.loaders.shards.index_rows import IndexRows
from haybale.loaders.shards.store import CorruptBatchError

MAX_READS = 3
"""Of a record batch that arrives with another digest, before the copy there is called corrupt."""

_MAX_METADATA_BYTES = 1 << 20  # between the buffers of a record batch: far less


class Fetcher:
    """Readers of one corpus, in this process.

    Args:
        reader: Of the corpus.
        index: Its index.
        itemsize: Bytes of a token.
        cache: Where record batches go.
        num_readers: Threads.
        verified: bool[rows], set for each record batch whose digest was seen to be right.
    """

    def __init__(
        self,
        reader: RemoteReader,
        index: IndexRows,
        itemsize: int,
        cache: CacheFolder,
        num_readers: int,
        verified: npt.NDArray[np.bool_],
    ) -> None:
        self.reader, self.cache, self._verified = reader, cache, verified
        self._index, self._itemsize = index, itemsize
        self._queue = FetchQueue(
            num_bytes=lambda row: self.layout(row).num_bytes,
            shard=lambda row: int(index.shard_number(np.array([row]))[0]),
            max_ahead_bytes=cache.max_bytes * 3 // 8,  # the rest: what is held, and was
            max_flight_bytes=min(cache.max_bytes // 4, num_readers * MAX_REQUEST_BYTES),
        )
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)  # readers wait for something to do
        self._arrived = threading.Condition(self._lock)  # who holds waits for an outcome
        self._waiting: Counter[int] = Counter()
        self._outcomes: dict[int, Bytes | Exception] = {}  # of rows that somebody waits for
        self._closed, self._pid = False, os.getpid()
        self._threads = [
            threading.Thread(target=self._serve, name=f"haybale-reader-{number}", daemon=True)
            for number in range(num_readers)
        ]
        for thread in self._threads:
            thread.start()

    def layout(self, row: int) -> BatchLayout:
        """How a record batch is laid out."""
        return BatchLayout.of(self._index, row, self._itemsize)

    def expect(self, rows: Iterable[int]) -> None:
        """Fetch these ahead, in this order, instead of what was expected before."""
        with self._lock:
            self._queue.expect(rows)
            self._work.notify()

    def held(self, rows: Iterable[int]) -> None:
        """Say that these are in use: there is room to fetch others ahead."""
        with self._lock:
            if self._queue.held(rows):
                self._work.notify()

    def fetch(self, rows: Sequence[int]) -> list[Bytes]:
        """Wait for record batches: uint8[BatchLayout.num_bytes] each.

        Raises:
            CorruptBatchError: If one is not what the index says, as often as it is read.
            CorruptShardError: If a shard is missing or too short.
            RemoteError: If the server refuses or does not answer.
            RecipeError: If the disk or the bound of the cache leaves no room.
        """
        with self._lock:
            self._waiting.update(rows)
            self._queue.want(row for row in rows if row not in self._outcomes)
            self._work.notify()
            try:
                return [self._wait_for(row) for row in rows]
            finally:
                self._waiting.subtract(rows)
                for row in [row for row in rows if self._waiting[row] == 0]:
                    del self._waiting[row]
                    self._outcomes.pop(row, None)

    def close(self) -> None:
        """End the readers; who waits for them gets an error."""
        if os.getpid() != self._pid:
            return  # a fork: the readers are the parent's
        with self._lock:
            self._closed = True
            self._work.notify_all()
            self._arrived.notify_all()
        self.reader.close()
        for thread in self._threads:
            thread.join()

    def _wait_for(self, row: int) -> Bytes:
        while row not in self._outcomes and not self._closed:
            self._arrived.wait()
        outcome = self._outcomes.get(row, ClosedError())
        if isinstance(outcome, ClosedError):
            raise HaybaleError(f"{self.reader.uri}: closed while record batches were awaited")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _serve(self) -> None:
        """The life of a reader."""
        while request := self._next_request():
            arrivals = self._claim(request)
            begun = time.monotonic()
            for run in _runs(list(arrivals)):
                self._bring({row: arrivals[row] for row in run})
            if arrivals:
                with self._lock:
                    self._queue.took(time.monotonic() - begun)

    def _next_request(self) -> list[int]:
        with self._lock:
            while not self._closed:
                now = time.monotonic()
                if request := self._queue.next_request(now):
                    self._work.notify()  # one wakes the next, as long as there is work
                    return request
                self._work.wait(self._queue.wait_seconds(now))
            return []

    def _claim(self, rows: Sequence[int]) -> dict[int, Arrival]:
        """Settle what is there already, or on its way to another process; the rest is ours."""
        arrivals: dict[int, Arrival] = {}
        for row in rows:
            digest, num_bytes = self._index.digest(row), self.layout(row).num_bytes
            try:
                found = self.cache.open(digest, num_bytes)
                if found is not None:
                    self._settle(row, found)
                elif arrival := self.cache.claim(digest, num_bytes):
                    arrivals[row] = arrival
                else:
                    self._leave(row)
            except Exception as error:
                self._settle(row, error)
        return arrivals

    def _bring(self, arrivals: Mapping[int, Arrival]) -> None:
        """Read neighbours in one request, and settle each."""
        try:
            data, at = self._read(list(arrivals))
        except Exception as error:
            for row, arrival in arrivals.items():
                arrival.abandon()
                self._settle(row, error)
            return
        for row, arrival in arrivals.items():
            try:
                buffers = self._checked(row, data, at)
                mapped = arrival.commit(self.layout(row).starts, buffers)
            except Exception as error:
                arrival.abandon()
                self._settle(row, error)
            else:
                self._verified[row] = True
                self._settle(row, mapped)

    def _read(self, rows: Sequence[int]) -> tuple[memoryview, int]:
        """The stretch of a shard that holds these neighbours, and where it begins."""
        layouts = [self.layout(row) for row in rows]
        begin = min(layout.span[0] for layout in layouts)
        end = max(layout.span[1] for layout in layouts)
        name = self._index.shards[int(self._index.shard_number(np.array(rows[:1]))[0])]
        if end - begin > sum(layout.num_bytes + _MAX_METADATA_BYTES for layout in layouts):
            raise CorruptShardError(
                f"{self.reader.path(self._index.name(rows[0]))}: the index has its buffers "
                f"{end - begin:,} bytes apart; {ADVICE}"
            )
        return self.reader.read(name, begin, end - begin), begin

    def _checked(self, row: int, data: memoryview, at: int) -> list[memoryview]:
        """The buffers of a record batch, read again where they are not what the index says."""
        expected, layout = self._index.digest(row), self.layout(row)
        for number in range(MAX_READS):
            if number:
                self.reader.retries.count()
                data, at = self._read([row])
            buffers = layout.cut(data, at)
            if (found := digest_of(buffers)) == expected:
                return buffers
        raise CorruptBatchError(
            f"{self.reader.path(self._index.name(row))}: expected digest {expected}, found {found} "
            f"each of {MAX_READS} times; {ADVICE}, or read on with on_corrupt='substitute'",
            row,
        )

    def _settle(self, row: int, outcome: Bytes | Exception) -> None:
        with self._lock:
            is_waited_for = row in self._waiting
            if isinstance(outcome, Exception):
                self._queue.failed(row)
            else:
                self._queue.arrived(row, is_waited_for)
            if is_waited_for:
                self._outcomes[row] = outcome
                self._arrived.notify_all()
            self._work.notify()

    def _leave(self, row: int) -> None:
        with self._lock:
            self._queue.busy(row, time.monotonic(), row in self._waiting)


def _runs(rows: Sequence[int]) -> list[list[int]]:
    """Rising rows, cut where they are no neighbours."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and runs[-1][-1] == row - 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs
