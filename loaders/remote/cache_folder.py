"""Record batches on local disk, named by their digests, within a bound that processes share.

    batches/ab/abcdef…   a record batch, laid out by `BatchLayout`; its mtime is its last use
    arriving/abcdef…     one that is being written; its writer holds a lock (flock) on it
    usage                int64[2]: bytes of all these, and how many were evicted; locked for changes

A lock ends with the process that has it, however that ends, so what a killed writer leaves is told
from what a living one writes. A file that is evicted while it is mapped stays readable until the
map goes. Nothing is flushed to disk: what a crash of the machine spoils, its digest tells.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from haybale.corpus.errors import RecipeError
from haybale.loaders.remote.file_lock import alone
from haybale.loaders.shards.mapping import map_file

Bytes = npt.NDArray[np.uint8]

SPARE_FRACTION = 1 / 16
"""Of the bound, freed beyond need when there is no room, so that files are rarely listed."""


class Arrival:
    """The right to bring a record batch, which nobody else has; end it by `commit` or `abandon`."""

    def __init__(self, cache: "CacheFolder", digest: str, num_bytes: int, file: BinaryIO) -> None:
        self._cache, self.digest, self.num_bytes, self._file = cache, digest, num_bytes, file

    def commit(self, starts: Sequence[int], buffers: Sequence[memoryview]) -> Bytes:
        """Write the buffers at their starts, name the file, and map it: uint8[num_bytes]."""
        with disk_errors(self._cache.folder):
            for start, buffer in zip(starts, buffers, strict=True):
                self._file.seek(start)
                self._file.write(buffer)
            self._file.flush()
            mapped = map_file(self._file.fileno(), self.num_bytes)
            self._cache.publish(self.digest)
            self._file.close()
        return mapped

    def abandon(self) -> None:
        """Let another reader bring it."""
        with contextlib.suppress(OSError), self._file:  # the folder may be gone
            self._cache.withdraw(self.digest, self.num_bytes)


class CacheFolder:
    """The cache of this process; others may use the same folder.

    Args:
        folder: On a local disk; made where it is not there.
        max_bytes: Bound of the record batches in it, those on their way included.

    Raises:
        RecipeError: If the folder cannot be made or written.
    """

    def __init__(self, folder: str | Path, max_bytes: int) -> None:
        self.folder, self.max_bytes = Path(folder).expanduser().absolute(), max_bytes
        self._arriving, self._batches = self.folder / "arriving", self.folder / "batches"
        with disk_errors(self.folder):
            for made in (self._arriving, self._batches):
                made.mkdir(parents=True, exist_ok=True)
            usage = self.folder / "usage"
            if _num_bytes(usage) < 16:
                with usage.open("ab") as file:
                    os.truncate(file.fileno(), 16)
            self._usage = np.memmap(usage, np.int64, "r+", shape=(2,))
            with self._alone():
                self._recount()
                self._make_room(0)

    @property
    def used_bytes(self) -> int:
        """Bytes of all record batches in the folder, of all processes."""
        return int(self._usage[0])

    @property
    def num_evictions(self) -> int:
        """Record batches evicted so far, by all processes."""
        return int(self._usage[1])

    def has(self, digest: str, num_bytes: int) -> bool:
        """Whether a record batch is there; if so, it counts as used now."""
        path = self._path(digest)
        now = time.time_ns()
        try:
            os.utime(path, ns=(now, now))
            return path.stat().st_size == num_bytes
        except FileNotFoundError:
            return False

    def is_there(self, digest: str) -> bool:
        """Whether a record batch is there; it does not count as used."""
        return self._path(digest).exists()

    def open(self, digest: str, num_bytes: int) -> Bytes | None:
        """A record batch, mapped: uint8[num_bytes]; None where it is not there, or not whole."""
        if not self.has(digest, num_bytes):
            return None
        try:
            with self._path(digest).open("rb") as file:
                whole = os.fstat(file.fileno()).st_size == num_bytes
                return map_file(file.fileno(), num_bytes) if whole else None
        except FileNotFoundError:
            return None  # evicted since

    def claim(self, digest: str, num_bytes: int) -> Arrival | None:
        """The right to bring a record batch, with room for it; None if another has or had it.

        Raises:
            RecipeError: If there is no room: on the disk, or within the bound for what all
                processes bring at this time.
        """
        path = self._arriving / digest
        with disk_errors(self.folder), self._alone():
            if _num_bytes(self._path(digest)) == num_bytes:
                return None  # another brought it, just now
            file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b")
            if not _try_lock(file):
                file.close()
                return None
            try:
                self._usage[0] -= os.fstat(file.fileno()).st_size  # a killed writer's
                file.truncate(0)
                self._make_room(num_bytes)
                self._usage[0] += num_bytes  # first, so that a kill leaves too much counted
                os.posix_fallocate(file.fileno(), 0, num_bytes)
            except BaseException:
                path.unlink()
                self._recount()
                file.close()
                raise
        return Arrival(self, digest, num_bytes, file)

    def publish(self, digest: str) -> None:
        """Give an arrived record batch its name."""
        path = self._path(digest)
        path.parent.mkdir(exist_ok=True)
        with self._alone():
            replaced_bytes = _num_bytes(path)
            (self._arriving / digest).replace(path)
            self._usage[0] -= replaced_bytes

    def withdraw(self, digest: str, num_bytes: int) -> None:
        """Remove what did not arrive."""
        with self._alone():
            (self._arriving / digest).unlink(missing_ok=True)
            self._usage[0] -= num_bytes

    def drop(self, digest: str) -> None:
        """Remove a record batch that is not what its name says."""
        path = self._path(digest)
        with self._alone():
            dropped_bytes = _num_bytes(path)
            path.unlink(missing_ok=True)
            self._usage[0] -= dropped_bytes

    def _make_room(self, num_bytes: int) -> None:
        """Evict what was used longest ago, if so many bytes more would be too many."""
        if self.used_bytes + num_bytes <= self.max_bytes:
            return
        self._recount()
        spare = int(self.max_bytes * SPARE_FRACTION)
        for _, size, path in sorted(self._files()):
            if self.used_bytes + num_bytes + spare <= self.max_bytes:
                return
            path.unlink(missing_ok=True)
            self._usage += np.array([-size, 1])
        if self.used_bytes + num_bytes > self.max_bytes:
            raise RecipeError(
                f"cache: {self.folder} may take {self.max_bytes:,} bytes, too few for the "
                f"{self.used_bytes + num_bytes:,} that are on their way at once; raise max_bytes "
                "to four times that, or lower readers"
            )

    def _recount(self) -> None:
        """Clear what killed writers left, and count what is there."""
        num_bytes = sum(size for _, size, _ in self._files())
        for path in self._arriving.iterdir():
            if not path.is_file():
                continue
            with path.open("rb") as file:
                if _try_lock(file):
                    path.unlink()
                else:
                    num_bytes += _num_bytes(path)
        self._usage[0] = num_bytes

    def _files(self) -> Iterator[tuple[int, int, Path]]:
        """Last use in ns, bytes and path of every record batch."""
        for path in self._batches.glob("*/*"):  # nothing else is ours
            found = path.stat()
            yield found.st_mtime_ns, found.st_size, path

    def _alone(self) -> AbstractContextManager[None]:
        """While nobody else changes the folder."""
        return alone(self.folder / "usage")

    def _path(self, digest: str) -> Path:
        return self._batches / digest[:2] / digest


def _try_lock(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _num_bytes(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turns what the disk says into what the user can do."""
    try:
        yield
    except OSError as error:
        raise RecipeError(
            f"cache: {folder}: {error.strerror}; make room, or give Cache(folder=..., "
            "max_bytes=...) a disk and a bound that it has"
        ) from None
