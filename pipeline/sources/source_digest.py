"""The digest of an input file, taken while it is read."""

from collections.abc import Callable

import pyarrow as pa
import xxhash

from haybale.corpus.storage import open_input

_BLOCK_BYTES = 1 << 22


class SourceDigest:
    """xxh3-128 of a file's bytes: of those that a reader goes through in order, then the rest.

    A reader that jumps, stops early or knows nothing of this costs reading the file a second time.
    """

    def __init__(self) -> None:
        self._hasher = xxhash.xxh3_128()
        self._position = 0

    def add(self, offset: int, data: bytes) -> None:
        """Bytes that were read at an offset."""
        if offset == self._position:
            self._hasher.update(data)
            self._position += len(data)

    def finish(self, path: str) -> str:
        """The digest of the whole file."""
        with open_input(path) as file:
            file.seek(self._position)
            while block := file.read(_BLOCK_BYTES):
                self._hasher.update(block)
        return self._hasher.hexdigest()


class SourceFile:
    """An open input file, of which what is read is told to a digest.

    Args:
        file: Open for reading; for `seek` and `size`, at random.
        add: Told of all that is read: its offset and the bytes.
    """

    def __init__(self, file: pa.NativeFile, add: Callable[[int, bytes], None] | None) -> None:
        self._file = file
        self._add = add
        self._offset = 0

    def read(self, num_bytes: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        data: bytes = self._file.read(num_bytes)
        if self._add is not None:
            self._add(self._offset, data)
        self._offset += len(data)
        return data

    def seek(self, offset: int, /) -> None:
        """Go to an offset."""
        self._file.seek(offset)
        self._offset = offset

    def size(self) -> int:
        """Bytes of the file."""
        return int(self._file.size())
