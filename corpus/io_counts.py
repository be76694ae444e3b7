"""How many bytes a thread has read and written through `haybale.corpus.storage`.

By thread, since a worker may do several units of work at once, each in its own.
"""

import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class IoCounts:
    """Bytes since the thread began; a memory-mapped file counts whole when it is opened."""

    read_bytes: int
    written_bytes: int

    def __sub__(self, before: "IoCounts") -> "IoCounts":
        return IoCounts(
            self.read_bytes - before.read_bytes, self.written_bytes - before.written_bytes
        )


class _OfThread(threading.local):
    read_bytes = 0
    written_bytes = 0


_counts = _OfThread()


def count_read(num_bytes: int) -> None:
    """This thread has read so many more bytes."""
    _counts.read_bytes += num_bytes


def count_written(num_bytes: int) -> None:
    """This thread has written so many more bytes."""
    _counts.written_bytes += num_bytes


def io_counts() -> IoCounts:
    """What this thread has read and written until now."""
    return IoCounts(_counts.read_bytes, _counts.written_bytes)
