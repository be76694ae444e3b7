"""Sorting more rows than memory holds: sorted runs on local disk, read together range by range.

Memory: about four times `block_bytes` while adding, and as much while reading; of each `_SAMPLES`th
part of a block one row is kept, from which the ranges are cut. Files are read and never mapped:
what is mapped counts as memory of the process.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from haybale.pipeline.rows.row_order import row_order, take_sorted

Rows = npt.NDArray[np.void]

BLOCK_BYTES = 64 << 20
"""Rows of about this many bytes are sorted in memory at a time."""

_SAMPLES = 8192  # so many runs make blocks half as large


class ExternalSort:
    """Rows go in in any order and come out sorted, block by block.

    Rows with equal keys come out in no particular order.

    Args:
        row_type: Of the rows.
        key: Fields to sort by, first to last; a field of several numbers counts as that many.
        scratch: A local folder for runs; its owner removes it.
        whole: All rows that are equal in so many leading fields of the key come in one block; in
            all fields if not said.
        block_bytes: Target for the bytes of a block.
    """

    def __init__(
        self,
        row_type: np.dtype[Any],
        key: tuple[str, ...],
        scratch: Path,
        *,
        whole: int | None = None,
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self.num_rows = 0
        self.row_type, self._key, self._whole = row_type, key, whole or len(key)
        self._scratch, self._block_bytes = scratch, block_bytes
        self._block_rows = max(1, block_bytes // row_type.itemsize)
        self._stride = max(1, self._block_rows // _SAMPLES)
        self._pending: list[Rows] = []
        self._pending_bytes = 0
        self._runs: list[_Run] = []

    def add(self, rows: Rows) -> None:
        """Take rows in; they are copied by the time a block is full."""
        if len(rows) == 0:
            return
        self.num_rows += len(rows)
        self._pending.append(rows)
        self._pending_bytes += rows.nbytes
        if self._pending_bytes >= self._block_bytes:
            self._write_run()

    def add_run(self, path: Path) -> None:
        """Take in a file of rows that `tofile` wrote, sorted; it must stay until the last block."""
        if not path.stat().st_size:
            return
        run = _Run(path, self.row_type, path.stat().st_size // self.row_type.itemsize)
        starts = range(0, run.num_rows, self._block_rows)
        run.sample((run.read(at, at + self._block_rows) for at in starts), self._stride)
        self.num_rows += run.num_rows
        self._runs.append(run)

    def blocks(self) -> Iterator[Rows]:
        """Everything added, sorted; may be asked for again."""
        if not self._runs:
            if self._pending:
                self._pending = [self._sorted(self._pending)]
                yield self._pending[0]
            return
        self._write_run()
        fields = self._key[: self._whole]
        starts = [0] * len(self._runs)
        for cut in [*self._cuts(), None]:
            stops = [run.num_rows if cut is None else run.place(fields, cut) for run in self._runs]
            ranges = zip(self._runs, starts, stops, strict=True)
            pieces = [run.read(start, stop) for run, start, stop in ranges if stop > start]
            starts = stops
            if pieces:
                yield self._sorted(pieces)

    def _write_run(self) -> None:
        if not self._pending:
            return
        rows = self._sorted(self._pending)
        self._pending, self._pending_bytes = [], 0
        path = self._scratch / f"{id(self):x}-{len(self._runs):05d}.run"
        rows.tofile(path)
        run = _Run(path, self.row_type, len(rows))
        run.sample([rows], self._stride)
        self._runs.append(run)

    def _sorted(self, pieces: list[Rows]) -> Rows:
        rows = np.concatenate(pieces) if len(pieces) > 1 else pieces[0]
        pieces.clear()
        return take_sorted(rows, columns(rows, self._key))

    def _cuts(self) -> list[tuple[int, ...]]:
        """Keys at which blocks begin, but for the first.

        Between two samples of one run lie fewer than `_stride` of its rows, so that m samples of r
        runs bound fewer than (m + r) * _stride rows.
        """
        keys = columns(
            np.concatenate([run.samples for run in self._runs]), self._key[: self._whole]
        )
        order = row_order(keys)
        step = max(1, self._block_rows // self._stride - len(self._runs))
        cuts = (tuple(int(key[at]) for key in keys) for at in order[step::step])
        return list(dict.fromkeys(cuts))


class _Run:
    """A file of sorted rows."""

    def __init__(self, path: Path, row_type: np.dtype[Any], num_rows: int) -> None:
        self.num_rows = num_rows
        self._path, self._row_type = path, row_type
        self._stride = 1
        self.samples = np.empty(0, row_type)

    def read(self, start: int, stop: int) -> Rows:
        count = min(stop, self.num_rows) - start
        return np.fromfile(
            self._path, self._row_type, count, offset=start * self._row_type.itemsize
        )

    def sample(self, pieces: Iterable[Rows], stride: int) -> None:
        """Keep rows stride - 1, 2 * stride - 1 and so on, given all rows piece by piece."""
        self._stride, kept, passed = stride, [self.samples], 0
        for rows in pieces:
            kept.append(rows[(stride - 1 - passed) % stride :: stride].copy())
            passed += len(rows)
        self.samples = np.concatenate(kept)

    def place(self, fields: tuple[str, ...], key: tuple[int, ...]) -> int:
        """How many rows come before a key."""
        start = _num_before(self.samples, fields, key) * self._stride
        rows = self.read(start, start + self._stride)  # the next sample is not before the key
        return start + _num_before(rows, fields, key)


def _num_before(rows: Rows, fields: tuple[str, ...], key: tuple[int, ...]) -> int:
    before, equal = np.zeros(len(rows), np.bool_), np.ones(len(rows), np.bool_)
    for column, number in zip(columns(rows, fields), key, strict=True):
        before |= equal & (column < number)
        equal &= column == number
    return int(before.sum())


class Sliceable(Protocol):
    """An array of rows, or a file of them."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice) -> Rows: ...


def lower_bound(rows: Sliceable, fields: tuple[str, ...], key: tuple[int, ...]) -> int:
    """How many of rows sorted by these fields come before a key; reads only log2(rows) of them."""
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high) // 2
        if tuple(int(column[0]) for column in columns(rows[middle : middle + 1], fields)) < key:
            low = middle + 1
        else:
            high = middle
    return low


def columns(rows: Rows, fields: tuple[str, ...]) -> list[npt.NDArray[Any]]:
    """The numbers of these fields, one array each."""
    found = []
    for name in fields:
        values = rows[name]
        found += [values] if values.ndim == 1 else list(np.moveaxis(values, 1, 0))
    return found
