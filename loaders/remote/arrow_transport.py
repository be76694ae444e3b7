"""S3 and Google Cloud Storage, through `pyarrow.fs`, which knows their ways of signing in."""

import threading
from collections import OrderedDict

import pyarrow as pa
import pyarrow.fs as pafs

from haybale.corpus.errors import RecipeError
from haybale.corpus.patience import REFUSALS
from haybale.loaders.remote.transport import TransientError, shown

MAX_OPEN_FILES = 1024
"""Handles kept: a handle holds no connection, but knows the size, which costs a request."""


class ArrowTransport:
    """Reads files of an object store; see `Transport`.

    The client libraries try a failed request again themselves, three times for S3, before an
    attempt counts as failed here. Google's, as pyarrow 25 uses it, asks for a whole file when it is
    opened, and for one round trip then no other thread of Python runs: once for each shard.

    Args:
        uri: Of the folder.

    Raises:
        RecipeError: If `pyarrow.fs` does not understand the URI.
    """

    def __init__(self, uri: str) -> None:
        try:
            self._filesystem, self._root = pafs.FileSystem.from_uri(_with_patience(uri))
        except (pa.ArrowException, ValueError, OSError) as error:
            said = str(error).replace(uri, shown(uri))
            raise RecipeError(
                f"{shown(uri)}: pyarrow cannot open it: {said} (a / in a key is written %2F)"
            ) from None
        self._files: OrderedDict[str, pa.NativeFile] = OrderedDict()
        self._lock = threading.Lock()

    def size(self, name: str) -> int:
        """See `Transport.size`."""
        try:
            info = self._filesystem.get_file_info(f"{self._root}/{name}")
        except OSError as error:
            raise _named(error) from None
        if not info.is_file:
            raise FileNotFoundError(f"{info.type}")
        return int(info.size)

    def read(self, name: str, start: int, length: int) -> memoryview:
        """See `Transport.read`."""
        try:
            data = memoryview(self._open(name).read_at(length, start))
            failure: Exception = TransientError(f"{len(data)} bytes instead of {length}")
        except OSError as error:
            data, failure = memoryview(b""), _named(error)
        if len(data) == length:
            return data
        self._forget(name)
        if isinstance(failure, TransientError) and self._ends_before(name, start + length):
            raise EOFError(f"{self.size(name)} bytes")
        raise failure

    def _ends_before(self, name: str, end: int) -> bool:
        try:
            return self.size(name) < end
        except (OSError, TransientError):
            return False  # nobody knows: what failed before may pass

    def _open(self, name: str) -> pa.NativeFile:
        with self._lock:
            if name in self._files:
                self._files.move_to_end(name)
                return self._files[name]
        file = self._filesystem.open_input_file(f"{self._root}/{name}")
        with self._lock:
            self._files[name] = file
            if len(self._files) > MAX_OPEN_FILES:
                self._files.popitem(last=False)
        return file

    def _forget(self, name: str) -> None:
        with self._lock:
            self._files.pop(name, None)


def _with_patience(uri: str) -> str:
    """Google's client would try again for 15 minutes by itself, unseen; ours does the waiting."""
    if uri.startswith(("gs:", "gcs:")) and "retry_limit_seconds" not in uri:
        return f"{uri}{'&' if '?' in uri else '?'}retry_limit_seconds=10"
    return uri


def _named(error: OSError) -> Exception:
    """The error as `Transport.read` has it."""
    if isinstance(error, FileNotFoundError):
        return error
    reason = " ".join(str(error).split())
    if isinstance(error, PermissionError) or any(name in reason for name in REFUSALS):
        return PermissionError(reason)
    return TransientError(reason)
