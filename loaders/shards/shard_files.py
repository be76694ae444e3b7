"""Opens the shards of a corpus on local disks, each checked for its length."""

import os
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from haybale.corpus.errors import CorruptShardError, RecipeError
from haybale.corpus.storage import Folder
from haybale.loaders.shards.index_rows import IndexRows
from haybale.loaders.shards.store import Int64s

ADVICE = "restore the file from a copy or build the corpus again"


class ShardFiles:
    """The files of an index's shards.

    Args:
        folder: The corpus.
        index: Its index.
    """

    def __init__(self, folder: Folder, index: IndexRows) -> None:
        self._folder, self._index, self._root = folder, index, folder.path("")

    def open(self, number: int) -> int:
        """A new descriptor of a shard by its number in the index.

        Raises:
            CorruptShardError: If there is no such file, or it is not as long as it was written.
            RecipeError: If it may not be read.
        """
        try:
            file = os.open(self.path(number), os.O_RDONLY)
        except FileNotFoundError:
            raise self._wrong_size(number, -1) from None
        except PermissionError:
            raise self._forbidden(number) from None
        found = os.fstat(file).st_size
        if found != self._index.shard_bytes[number]:
            os.close(file)
            raise self._wrong_size(number, found)
        return file

    def open_all(self, numbers: Int64s) -> Int64s:
        """New descriptors of several shards, without holding up other threads; see `open`."""
        names, begins = self._names
        files = np.empty(len(numbers), np.int64)
        num_open = _open_all(
            names, begins[numbers], self._index.shard_bytes[numbers], _FLAGS, files
        )
        for place in range(num_open, len(numbers)):  # says what is wrong with the first of them
            try:
                files[place] = self.open(int(numbers[place]))
            except Exception:
                for file in files[:place].tolist():
                    os.close(file)
                raise
        return files

    @cached_property
    def _names(self) -> tuple[npt.NDArray[np.uint8], Int64s]:
        """Paths of all shards, each ended by a zero, and where each begins."""
        paths = [os.fsencode(self._root + name) + b"\0" for name in self._index.shards]
        begins = np.cumsum([0, *map(len, paths[:-1])])
        return np.frombuffer(b"".join(paths), np.uint8), begins

    def check(self, first: int, last: int) -> None:
        """Refuse shards, from the first to the last, that are missing or of another length.

        Raises:
            CorruptShardError: Naming the shard.
        """
        expected = self._index.shard_bytes[first : last + 1].tolist()
        for number, num_bytes in enumerate(expected, start=first):
            try:
                found = os.stat(self._root + self._index.shards[number]).st_size  # noqa: PTH116 # Path takes 4 times as long
            except FileNotFoundError:
                found = -1
            except PermissionError:
                raise self._forbidden(number) from None
            if found != num_bytes:
                raise self._wrong_size(number, found)

    def path(self, number: int) -> str:
        """Of a shard."""
        return self._folder.path(self._index.shards[number])

    def _forbidden(self, number: int) -> RecipeError:
        return RecipeError(f"{self.path(number)}: may not be read; give this user the right to")

    def _wrong_size(self, number: int, found: int) -> CorruptShardError:
        what = "no file" if found < 0 else f"{found} bytes"
        return CorruptShardError(
            f"{self.path(number)}: expected {self._index.shard_bytes[number]} bytes, found "
            f"{what}; {ADVICE}"
        )


_FLAGS = os.O_RDONLY | os.O_CLOEXEC
_open = types.ExternalFunction("open", types.int32(types.intp, types.int32))
_lseek = types.ExternalFunction("lseek", types.int64(types.int32, types.int64, types.int32))
_close = types.ExternalFunction("close", types.int32(types.int32))
_COLUMN = types.Array(types.int64, 1, "C")


@njit(  # type: ignore[untyped-decorator]
    types.int64(
        types.Array(types.uint8, 1, "C", readonly=True), _COLUMN, _COLUMN, types.int32, _COLUMN
    ),
    cache=True,
    nogil=True,
)
def _open_all(names: Any, begins: Any, num_bytes: Any, flags: int, files: Any) -> int:
    """Open files that have these lengths until one cannot be; how many are open.

    Args:
        names: uint8[...]: paths, each ended by a zero.
        begins: int64[files]: where the path of each begins.
        num_bytes: int64[files]: of each file.
        flags: Of POSIX's `open`.
        files: int64[files], filled: descriptors.
    """
    for place in range(len(begins)):
        file = _open(names.ctypes.data + begins[place], flags)
        if file < 0:
            return place
        if _lseek(file, 0, os.SEEK_END) != num_bytes[place]:
            _close(file)
            return place
        files[place] = file
    return len(begins)
