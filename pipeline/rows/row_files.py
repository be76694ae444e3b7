"""Files of rows too many for memory: written block by block, read slice by slice."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder


@dataclass(frozen=True)
class RowFiles:
    """Files of rows, numbered: what one step leaves for the next.

    Attributes:
        folder: Their folder below the corpus folder.
        count: How many there are.
        num_rows: Rows in all of them, about: decides how much is shuffled at once.
    """

    folder: str
    count: int
    num_rows: int

    def path(self, number: int) -> str:
        """The path of one file."""
        return f"{self.folder}/{number:05d}.npy"


def path_of(files: Sequence[RowFiles], number: int) -> str:
    """The path of one file, where the files of each are numbered on from those before it."""
    for each in files:
        if number < each.count:
            return each.path(number)
        number -= each.count
    raise AssertionError("no file of this number")


_READ_ROWS = 1 << 18  # at a time


def row_blocks(
    folder: Folder, files: Sequence[RowFiles]
) -> Callable[[], Iterator[npt.NDArray[np.void]]]:
    """What reads all rows of these files, a block at a time, whenever it is called."""

    def read() -> Iterator[npt.NDArray[np.void]]:
        for each in files:
            for number in range(each.count):
                rows = RowFile(folder, each.path(number))
                for start in range(0, len(rows), _READ_ROWS):
                    yield rows[start : start + _READ_ROWS]

    return read


def write_row_blocks(
    folder: Folder,
    name: str,
    row_type: np.dtype[Any],
    num_rows: int,
    blocks: Iterable[npt.NDArray[np.void]],
) -> FileRecord:
    """Write what `write_rows` would write of all blocks together, one in memory at a time."""
    header = {
        "descr": np.lib.format.dtype_to_descr(row_type),
        "fortran_order": False,
        "shape": (num_rows,),
    }
    with folder.commit(name) as pending:
        np.lib.format.write_array_header_1_0(pending, header)
        start = pending.tell()
        for block in blocks:
            pending.write(np.ascontiguousarray(block).view(np.uint8))
        assert pending.tell() - start == num_rows * row_type.itemsize
    return pending.record()


class RowFile:
    """A structured array on disk, read slice by slice and never mapped: its slices are copies.

    Args:
        folder: The corpus folder.
        name: A file that `write_rows` wrote.
    """

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder, self._name = folder, name
        with folder.open(name) as file:
            np.lib.format.read_magic(file)
            shape, _, self.dtype = np.lib.format.read_array_header_1_0(file)
            self._num_rows, self._start = shape[0], file.tell()

    def __len__(self) -> int:
        return int(self._num_rows)

    def __getitem__(self, rows: slice) -> npt.NDArray[np.void]:
        start, stop, _ = rows.indices(self._num_rows)
        offset, count = self._start + start * self.dtype.itemsize, max(0, stop - start)
        if self._folder.is_local:
            path = self._folder.path(self._name)
            return np.fromfile(path, self.dtype, count, offset=offset)
        with self._folder.open(self._name) as file:
            content = file.read_at(count * self.dtype.itemsize, offset)
        return np.frombuffer(content, self.dtype)
