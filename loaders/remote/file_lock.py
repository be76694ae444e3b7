"""A lock that threads and processes share, by way of a file."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """While no other thread or process has the file's lock.

    The file is opened each time: descriptors that threads share would not exclude one another. It
    ends with the process, however that ends.
    """
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:  # closing is not enough: a process forked meanwhile has the file open too
            fcntl.flock(file, fcntl.LOCK_UN)
