"""What a unit of work takes: seconds by phase, bytes, memory."""

import contextlib
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping

import psutil

from haybale.corpus.io_counts import io_counts

PEAK_MEMORY = "peak_memory_bytes"
"""The only entry of a timing whose sum over units means nothing; the most of them does."""


class Stopwatch:
    """CPU seconds by phase; phases may nest, and a nested one is not counted in its parent."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._nested = [0.0]

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the block's CPU time as this phase's."""
        start = time.process_time()
        self._nested.append(0.0)
        try:
            yield
        finally:
            spent = time.process_time() - start
            self.seconds[name] += spent - self._nested.pop()
            self._nested[-1] += spent


class UnitMeter:
    """Measures a unit of work from here on, in the thread that does it."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self._io = io_counts()

    def timing(self, work: Mapping[str, float]) -> dict[str, float]:
        """Seconds and bytes until now; the peak of memory is that of the process so far.

        Args:
            work: What the work itself says: by phase, or measured in another process that did it,
                whose seconds and bytes come on top.
        """
        io = io_counts() - self._io
        return {
            **work,
            "wall_seconds": time.perf_counter() - self._wall,
            "cpu_seconds": time.process_time() - self._cpu + work.get("cpu_seconds", 0.0),
            "read_bytes": io.read_bytes + work.get("read_bytes", 0),
            "written_bytes": io.written_bytes + work.get("written_bytes", 0),
            PEAK_MEMORY: max(peak_memory_bytes(), work.get(PEAK_MEMORY, 0)),
        }


def peak_memory_bytes() -> int:
    """The most memory that this process has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def process_cpu_seconds() -> float:
    """CPU time of this process and of all its child processes, those that have ended too."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    total = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):  # it has just ended, and is counted with those
            times = child.cpu_times()
            total += times.user + times.system
    return total
