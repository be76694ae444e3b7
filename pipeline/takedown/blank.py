"""Rows of a file made blank in their places: other files count rows, so that none may go."""

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import arrow_batches, open_arrow
from haybale.corpus.storage import Folder

Int64s = npt.NDArray[np.int64]


def blanked(
    folder: Folder, path: str, rows: Int64s, keep: Collection[str]
) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """A file whose chosen rows say nothing but the columns that are kept.

    Args:
        folder: The corpus.
        path: An Arrow IPC file.
        rows: int64[n], rising: over all its record batches.
        keep: Columns of these rows that stay.

    Returns:
        The schema, and the record batches, cut as they were. Where a column may be null, chosen
        rows are; others hold 0, or an empty string.
    """
    schema = open_arrow(folder, path).schema
    return schema, _batches(folder, path, rows, keep, schema)


def _batches(
    folder: Folder, path: str, rows: Int64s, keep: Collection[str], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    first = 0
    for batch in arrow_batches(folder, path):
        low, high = np.searchsorted(rows, [first, first + batch.num_rows])
        if low < high:
            indices = np.arange(batch.num_rows)
            indices[rows[low:high] - first] = batch.num_rows  # the blank row behind the others
            columns = [
                column if field.name in keep else _with_blank(column, field, indices)
                for field, column in zip(schema, batch.columns, strict=True)
            ]
            batch = pa.RecordBatch.from_arrays(columns, schema=schema)
        first += batch.num_rows
        yield batch


def _with_blank(column: pa.Array, field: pa.Field, indices: Int64s) -> pa.Array:
    blank = pa.array([None if field.nullable else _nothing(field.type)], field.type)
    return pa.concat_arrays([column, blank]).take(pa.array(indices))


def _nothing(kind: pa.DataType) -> Any:
    """What stands for nothing in a column without nulls."""
    if pa.types.is_fixed_size_list(kind):
        return [_nothing(kind.value_type)] * kind.list_size
    if pa.types.is_fixed_size_binary(kind):
        return bytes(kind.byte_width)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return ""
    return [] if pa.types.is_list(kind) else pa.scalar(0).cast(kind).as_py()
