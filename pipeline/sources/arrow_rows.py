"""Rows of Arrow record batches as records of named fields, in bounded memory.

What JSON has no form for is written as Arrow writes it: times are strings, durations numbers,
whatever libraries are installed beside it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from haybale.pipeline.sources.arrow_sizes import Int64s, value_bytes
from haybale.pipeline.sources.collector import BATCH_BYTES, RecordCollector
from haybale.pipeline.sources.records import Records

_MAX_ROWS = 256  # turned into Python objects at a time
CONVERSION_ERRORS = (
    pa.ArrowException,
    ArithmeticError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
    NotImplementedError,
)
"""What values that Python has no form for raise; UnicodeDecodeError is a ValueError.

ArrowMemoryError is an ArrowException too: too little memory is no damage, so `except MemoryError`
has to stand before these."""


class _NoValue:
    """Stands for a value that Python has no form for."""

    def __init__(self, name: str, error: Exception) -> None:
        broken = isinstance(error, UnicodeDecodeError) or "UTF8" in str(error)
        self.reason = "invalid_utf8" if broken else "not_a_value"
        self.detail = f"{name!r}: {error}"


def row_bytes(batch: pa.RecordBatch) -> Int64s:
    """int64[rows]: bytes of each row's values.

    Raises:
        ValueError: If a column is of a type that is not read, such as a union.
    """
    sizes = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        sizes += value_bytes(column)
    return sizes


def add_rows(
    collector: RecordCollector, batch: pa.RecordBatch, first_row: int, sizes: Int64s
) -> Iterator[Records]:
    """Add the rows of a batch; yields what fills batches meanwhile.

    Args:
        collector: Added to.
        batch: Valid, as `validate(full=True)` says but for its UTF-8.
        first_row: Position of its first row.
        sizes: int64[rows]: what `row_bytes` gives.
    """
    limit = collector.options.max_record_bytes
    for start, stop in _slices(np.where(sizes > limit, BATCH_BYTES + 1, sizes)):
        if sizes[start] > limit:
            size = int(sizes[start])
            detail = f"{size} bytes; ingest.max_record_bytes is {limit}"
            collector.add_unreadable(first_row + start, "record_too_long", detail, size)
        else:
            records = enumerate(_records(batch.slice(start, stop - start)), first_row + start)
            for row, record in records:
                _add_record(collector, row, record)
        yield from collector.full()


def _slices(sizes: Int64s) -> Iterator[tuple[int, int]]:
    """Runs of rows of at most BATCH_BYTES, or one row, and at most _MAX_ROWS."""
    start, num_rows = 0, len(sizes)
    while start < num_rows:
        window = np.cumsum(sizes[start : start + _MAX_ROWS])
        stop = start + max(1, int(np.searchsorted(window, BATCH_BYTES, "right")))
        yield start, stop
        start = stop


def _records(batch: pa.RecordBatch) -> Iterator[dict[str, Any] | _NoValue]:
    """Each row's fields, or which of them has no value."""
    names = batch.schema.names
    columns = [_values(column, name) for column, name in zip(batch.columns, names, strict=True)]
    for row in range(batch.num_rows):
        values = [column[row] for column in columns]
        wrong = next((value for value in values if isinstance(value, _NoValue)), None)
        yield dict(zip(names, values, strict=True)) if wrong is None else wrong


def _add_record(
    collector: RecordCollector, position: int, record: dict[str, Any] | _NoValue
) -> None:
    if isinstance(record, _NoValue):
        collector.add_unreadable(position, record.reason, record.detail, 0)
    else:
        collector.add_fields(position, record, 0)


def _values(column: pa.Array, name: str) -> list[Any]:
    try:
        found: list[Any] = _plain(column).to_pylist()
        return found
    except MemoryError:
        raise
    except CONVERSION_ERRORS:
        return [_value(column.slice(row, 1), name) for row in range(len(column))]


def _value(column: pa.Array, name: str) -> Any:
    try:
        return _plain(column).to_pylist()[0]
    except MemoryError:
        raise
    except CONVERSION_ERRORS as error:
        return _NoValue(name, error)


def _plain(column: pa.Array) -> pa.Array:
    if pa.types.is_run_end_encoded(column.type):
        column = pc.run_end_decode(column)
    plain = _plain_type(column.type)
    return column if plain == column.type else column.cast(plain)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """The type to write values of a type in."""
    if pa.types.is_duration(kind):
        return pa.int64()
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        return pa.string()
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_plain_type(field.type)) for field in kind])
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_plain_type(kind.value_type)))
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_plain_type(kind.value_type)))
    return kind
