"""The order of rows by several numbers: what `np.lexsort` gives, three to eight times as fast.

NumPy sorts one array of 64-bit numbers with vector instructions, but several only pair by pair of
rows. Here each column is sorted on its own, and rows are then dealt into the runs of equal rows
that the columns before it left; once no two rows are equal the other columns are not looked at.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from haybale.corpus.digests import UInt64s

Int64s = npt.NDArray[np.int64]


def row_order(columns: Sequence[npt.NDArray[Any]]) -> Int64s:
    """The order that sorts rows by the first column, then the second, and so on.

    Args:
        columns: Unsigned numbers, each of the same length; at least one.

    Returns:
        int64[rows]; rows that are equal in all columns come in no particular order.
    """
    num_rows = len(columns[0])
    if [column.dtype.itemsize for column in columns] == [4, 4]:
        columns = [columns[0].astype(np.uint64) << np.uint64(32) | columns[1]]
    # A column that is the same everywhere, as random choice has for a rank, decides nothing.
    columns = [column for column in columns if num_rows and column.min() != column.max()]
    if not columns:
        return np.arange(num_rows)
    order: Int64s | None = None
    for column in columns:
        by_column = _argsort(np.ascontiguousarray(column, np.uint64))
        if order is None:
            order = by_column
            starts = _starts(column[order])
        else:
            order = _deal(order, starts, by_column)
            starts |= _starts(column[order])
        if starts.all():
            break
    assert order is not None
    return order


def take_sorted(rows: npt.NDArray[Any], columns: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """The rows, in the order of these columns of them."""
    if len(columns) == 1 and rows.dtype.itemsize == columns[0].dtype.itemsize:
        return np.sort(rows.view(columns[0].dtype)).view(rows.dtype)  # there is nothing else
    return rows.take(row_order(columns))  # eight times as fast as rows[order]


def _argsort(column: UInt64s) -> Int64s:
    if (column[1:] >= column[:-1]).all():  # a tenth of what it costs to sort them again
        return np.arange(len(column))
    return np.argsort(column)


def _starts(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where a sorted column changes."""
    starts = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=starts[1:])
    return starts


_INT64S = types.Array(types.int64, 1, "C")


@njit(  # type: ignore[untyped-decorator]
    _INT64S(_INT64S, types.Array(types.bool_, 1, "C"), _INT64S), cache=True, nogil=True
)
def _deal(order: Any, starts: Any, by_column: Any) -> Any:
    """Put the rows of each run of `order` into the order of `by_column`."""
    run_of = np.empty(len(order), np.int64)
    first_free = np.empty(len(order), np.int64)
    run = -1
    for place in range(len(order)):
        if starts[place]:
            run += 1
            first_free[run] = place
        run_of[order[place]] = run
    dealt = np.empty_like(order)
    for at in range(len(by_column)):
        run = run_of[by_column[at]]
        dealt[first_free[run]] = by_column[at]
        first_free[run] += 1
    return dealt
