"""Sorting more rows than memory holds: sorted runs on local disk, read together range by range.

Memory: about four times `block_bytes` while adding, and as much while reading. Of each run
`_SAMPLES` keys are kept, from which the ranges are cut.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from haybale.pipeline.row_order import row_order, take_sorted

Rows = npt.NDArray[np.void]

BLOCK_BYTES = 64 << 20
"""Rows of about this many bytes are sorted in memory at a time."""

_SAMPLES = 1024  # of the keys of each run, at even distances


class ExternalSort:
    """Rows go in in any order and come out sorted, block by block.

    Rows with equal keys come out in no particular order.

    Args:
        row_type: Of the rows.
        key: Fields to sort by, first to last; a field of several numbers counts as that many.
        scratch: A local folder for runs; its owner removes it.
        whole: All rows that are equal in so many leading fields of the key come in one block.
        block_bytes: Target for the bytes of a block.
    """

    def __init__(
        self,
        row_type: np.dtype[Any],
        key: tuple[str, ...],
        scratch: Path,
        *,
        whole: int = 1,
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self.num_rows = 0
        self.row_type, self._key, self._whole = row_type, key, whole
        self._scratch, self._block_bytes = scratch, block_bytes
        self._block_rows = max(1, block_bytes // row_type.itemsize)
        self._stride = max(1, self._block_rows // _SAMPLES)
        self._pending: list[Rows] = []
        self._pending_bytes = 0
        self._runs: list[Path] = []
        self._samples: list[Rows] = []

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
        rows = np.memmap(path, self.row_type, mode="r")
        self.num_rows += len(rows)
        self._runs.append(path)
        self._samples.append(np.array(rows[self._stride // 2 :: self._stride]))

    def blocks(self) -> Iterator[Rows]:
        """Everything added, sorted; may be asked for again."""
        if not self._runs:
            if self._pending:
                self._pending = [self._sorted(self._pending)]
                yield self._pending[0]
            return
        self._write_run()
        runs = [np.memmap(path, self.row_type, mode="r") for path in self._runs]
        starts, fields = [0] * len(runs), self._key[: self._whole]
        for cut in [*self._cuts(), None]:
            stops = [len(run) if cut is None else lower_bound(run, fields, cut) for run in runs]
            pieces = [
                # Not through the map: its pages would count as this process's memory.
                np.fromfile(path, self.row_type, stop - start, offset=start * run.itemsize)
                for path, run, start, stop in zip(self._runs, runs, starts, stops, strict=True)
                if stop > start
            ]
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
        self._runs.append(path)
        self._samples.append(rows[self._stride // 2 :: self._stride].copy())

    def _sorted(self, pieces: list[Rows]) -> Rows:
        rows = np.concatenate(pieces) if len(pieces) > 1 else pieces[0]
        pieces.clear()
        return take_sorted(rows, columns(rows, self._key))

    def _cuts(self) -> list[tuple[int, ...]]:
        """Keys at which blocks begin, but for the first.

        Between two samples of one run lie fewer than `_stride` of its rows, so that m samples of r
        runs bound fewer than (m + r) * _stride rows.
        """
        keys = columns(np.concatenate(self._samples), self._key[: self._whole])
        order = row_order(keys)
        step = max(1, self._block_rows // self._stride - len(self._runs))
        cuts = (tuple(int(key[at]) for key in keys) for at in order[step::step])
        return list(dict.fromkeys(cuts))


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
        found += [values] if values.ndim == 1 else list(values.reshape(len(rows), -1).T)
    return found
