"""A file being written: digested on the way, named only when it is whole."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import xxhash

from haybale.corpus.disk_errors import disk_errors
from haybale.corpus.io_counts import count_written


@dataclass(frozen=True)
class FileRecord:
    """A committed file: path relative to its folder, size and xxh3-128 digest."""

    path: str
    num_bytes: int
    digest: str

    def as_json(self) -> dict[str, Any]:
        """For a manifest."""
        return {"path": self.path, "bytes": self.num_bytes, "digest": self.digest}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "FileRecord":
        """The inverse of `as_json`."""
        return cls(raw["path"], raw["bytes"], raw["digest"])


class PendingFile:
    """A file being written: a binary sink that digests what passes through it.

    Args:
        name: It will have, below its folder.
        raw: Where it is written meanwhile.
        temporary: The path of that.
    """

    def __init__(self, name: str, raw: BinaryIO, temporary: Path) -> None:
        self.name = name
        self.temporary = temporary
        self._raw = raw
        self._digest = xxhash.xxh3_128()
        self._num_bytes = 0

    closed = False
    mode = "wb"

    def write(self, data: Any) -> int:
        """Append bytes or any buffer.

        Raises:
            StorageError: If the disk is full, or fails.
        """
        view = memoryview(data)
        self._digest.update(view)
        self._num_bytes += view.nbytes
        with disk_errors(self.temporary.parent):
            self._raw.write(view)
        count_written(view.nbytes)
        return view.nbytes

    def tell(self) -> int:
        """Bytes written."""
        return self._num_bytes

    def flush(self) -> None:
        """Hand what is buffered to the operating system; raises as `write` does."""
        with disk_errors(self.temporary.parent):
            self._raw.flush()

    def writable(self) -> bool:
        """Always true: Arrow asks."""
        return True

    def readable(self) -> bool:
        """Always false: Arrow asks."""
        return False

    def seekable(self) -> bool:
        """Always false: Arrow asks."""
        return False

    def close(self) -> None:
        """Nothing: the commit closes the file."""

    def record(self) -> FileRecord:
        """Path, size and digest of what was written."""
        return FileRecord(self.name, self._num_bytes, self._digest.hexdigest())
