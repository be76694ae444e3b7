"""A file that is read with patience: opened again, where it was, when a read fails."""

import io
from collections.abc import Callable

import pyarrow as pa

from haybale.corpus.errors import StorageError
from haybale.corpus.io_counts import count_read
from haybale.corpus.patience import Patience, patiently

MAX_REQUEST_BYTES = 64 << 20
"""Asked for at a time, so that one fault costs no more than this much to read again."""


class PatientFile(io.RawIOBase):
    """Bytes of a file whose size was declared when it was opened.

    What comes short of that size is a fault, never the end: a body cut off on its way is asked for
    again.

    Args:
        place: The file, for messages.
        opened: Opens it, each time anew; what it returns must know its size.
        patience: How often a read is tried.
        ahead_bytes: Asked for at least, where reading goes on in order.

    Raises:
        FileNotFoundError: If there is none.
        RecipeError, StorageError: See `patiently`.
    """

    def __init__(
        self, place: str, opened: Callable[[], pa.NativeFile], patience: Patience, ahead_bytes: int
    ) -> None:
        self._place, self._opened, self._patience = place, opened, patience
        self._ahead_bytes = ahead_bytes
        self._source: pa.NativeFile | None = None
        self._position, self._block_start = 0, 0
        self._block = memoryview(b"")
        self.num_bytes = patiently("read", place, self._open, patience)

    def _open(self) -> int:
        self._source = self._opened()
        if self._source.closed:  # Google's client, of a file removed while it was being opened
            raise OSError("was closed as soon as it was opened")
        return int(self._source.size())

    def read(self, size: int | None = -1) -> bytes:
        """So many bytes from here on; fewer only at the end."""
        end = self.num_bytes
        if size is not None and size >= 0:
            end = min(end, self._position + size)
        pieces = []
        while self._position < end:
            at = self._position - self._block_start
            if not 0 <= at < len(self._block):
                self._fill(end - self._position)
                at = 0
            piece = self._block[at : at + end - self._position]
            pieces.append(piece)
            self._position += len(piece)
        return b"".join(pieces)

    def readinto(self, buffer: object) -> int:
        """See `io.RawIOBase`."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def _fill(self, num_wanted: int) -> None:
        """Read a block from the current position on."""
        goes_on = self._position == self._block_start + len(self._block)
        num_bytes = max(num_wanted, self._ahead_bytes) if goes_on else num_wanted
        num_bytes = min(num_bytes, MAX_REQUEST_BYTES, self.num_bytes - self._position)
        start = self._position

        def attempt() -> memoryview:
            try:
                if self._source is None and (found := self._open()) != self.num_bytes:
                    raise StorageError(
                        f"{self._place}: had {self.num_bytes} bytes, has {found} now: it was "
                        "changed while it was read; start again once it is complete"
                    )
                assert self._source is not None
                data = memoryview(_read(self._source, num_bytes, start, goes_on))
                if len(data) != num_bytes:
                    raise OSError(f"{len(data)} of {num_bytes} bytes arrived, from {start} on")
            except (OSError, StorageError):
                self._source = None
                raise
            return data

        try:
            self._block = patiently("read", self._place, attempt, self._patience)
        except FileNotFoundError:
            raise StorageError(
                f"{self._place}: is gone since it was opened; restore it and start again"
            ) from None
        self._block_start = start
        count_read(num_bytes)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See `io.IOBase`."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.num_bytes}[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        """See `io.IOBase`."""
        return self._position

    def readable(self) -> bool:
        """Always true: Arrow asks."""
        return True

    def seekable(self) -> bool:
        """Always true: Arrow asks."""
        return True

    def close(self) -> None:
        """Let the file and what was read of it go."""
        self._source, self._block = None, memoryview(b"")
        super().close()


def _read(source: pa.NativeFile, num_bytes: int, start: int, goes_on: bool) -> bytes:
    """Read in order where that goes on: on Google's store it is one request in all."""
    if not goes_on:
        return bytes(source.read_at(num_bytes, start))
    if source.tell() != start:
        source.seek(start)
    return bytes(source.read(num_bytes))
