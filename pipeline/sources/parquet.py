"""Parquet files: one row a document, position = row; row groups can be read apart."""

from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from haybale.corpus.storage import open_input
from haybale.pipeline.sources.arrow_rows import CONVERSION_ERRORS, add_rows, row_bytes
from haybale.pipeline.sources.collector import RecordCollector
from haybale.pipeline.sources.lost_rows import lost_rows
from haybale.pipeline.sources.parquet_footer import RowGroupFacts, read_footer
from haybale.pipeline.sources.records import ReadOptions, Records
from haybale.pipeline.sources.span import WHOLE_FILE, Span

NAME = "parquet@1"
SUFFIXES = (".parquet", ".pq")
_ROWS, _CODED_ROWS = 256, 4096  # decoded at a time
_DECODED_BYTES = 256 << 20
_DICTIONARY_BYTES = 8 << 20  # writers stop at 1 or 2 MiB
_MAX_ROWS_A_BYTE, _FREE_BYTES = 1024, 64  # of what is stored; PyArrow writes up to 600 nulls a byte
_FIELD = b"\x15"  # the next field, an i32
_HEAD_BYTES = 16


class _RowGroup(NamedTuple):
    number: int
    first_row: int
    num_rows: int
    middle: int
    """A byte of the file; never smaller than that of the group before."""
    dictionaries: tuple[int, ...]
    """Where those of its columns begin."""
    num_bytes: int
    """Compressed; of all groups together no more than the file has."""
    column_bytes: int
    """Of its largest column, compressed."""


def splits(name: str) -> bool:
    """See `haybale.pipeline.sources.SplitReader`."""
    return name.lower().endswith(SUFFIXES)


def read(path: str, options: ReadOptions) -> Iterator[Records]:
    """Records of one file; see `haybale.pipeline.sources.Reader`."""
    yield from read_span(path, options, WHOLE_FILE)


def read_span(path: str, options: ReadOptions, span: Span) -> Iterator[Records]:
    """Records of the row groups whose middle lies in a span; see `SplitReader`."""
    collector = RecordCollector(options)
    with open_input(path) as raw:
        if not raw.size():
            return  # a file of no bytes is an empty one everywhere, not a damaged one here
        try:
            file = pq.ParquetFile(raw)
            groups = _row_groups(read_footer(raw), raw.size())
            if len(groups) != file.metadata.num_row_groups:
                raise ValueError(
                    f"{len(groups)} row groups, of which {file.metadata.num_row_groups} count"
                )
        except MemoryError:
            raise
        except CONVERSION_ERRORS as error:
            if span.start == 0:
                detail = f"{error}; nothing of it was read"
                collector.add_unreadable(0, "damaged", detail, raw.size())
            yield from collector.rest()
            return
        for group in groups:
            if span.start <= group.middle < span.stop:
                yield from _read_group(collector, raw, file, group)
    yield from collector.rest()


def _row_groups(footer: list[RowGroupFacts], num_bytes: int) -> list[_RowGroup]:
    groups: list[_RowGroup] = []
    first_row, middle, left = 0, 0, num_bytes
    for number, group in enumerate(footer):
        columns = group.columns
        dictionaries = tuple(each.dictionary for each in columns if each.dictionary is not None)
        begin = min((*dictionaries, *(column.data for column in columns)), default=0)
        sizes = [max(0, column.num_bytes) for column in columns]
        size = min(left, sum(sizes))
        left -= size
        middle = max(middle, min(begin + size // 2, num_bytes - 1))
        num_rows = group.num_rows
        if num_rows > _MAX_ROWS_A_BYTE * (size + _FREE_BYTES):
            raise ValueError(f"row group {number} declares {num_rows} rows in {size} bytes")
        groups.append(
            _RowGroup(
                number, first_row, num_rows, middle, dictionaries, size, max(sizes, default=0)
            )
        )
        first_row += num_rows
    return groups


def _read_group(
    collector: RecordCollector, raw: pa.NativeFile, file: pq.ParquetFile, group: _RowGroup
) -> Iterator[Records]:
    row, stop = group.first_row, group.first_row + group.num_rows
    try:
        if group.column_bytes > raw.size():  # memory would be asked for that no computer has
            raise ValueError(f"a column of {group.column_bytes} bytes in a file of {raw.size()}")
        for batch in _batches(raw, file, group.number, _dictionary_bytes(raw, group)):
            rows = batch.slice(0, stop - row)
            yield from add_rows(collector, rows, row, row_bytes(rows))
            row = min(stop, row + batch.num_rows)
    except MemoryError:
        raise
    except CONVERSION_ERRORS as error:
        detail = f"{error}; the {stop - row} rows that follow in row group {group.number} were lost"
        _add_lost(collector, group, row, detail)
        return
    if row < stop:
        detail = (
            f"row group {group.number} declares {group.num_rows} rows, {stop - row} are missing"
        )
        _add_lost(collector, group, row, detail)


def _add_lost(collector: RecordCollector, group: _RowGroup, row: int, detail: str) -> None:
    """Of a group that is lost in part nobody knows how many bytes these rows take."""
    num_rows = group.first_row + group.num_rows - row
    num_bytes = group.num_bytes if num_rows == group.num_rows else 0
    num_records = lost_rows(num_rows, group.num_bytes)
    collector.add_unreadable(row, "damaged", detail, num_bytes, num_records)


def _batches(
    raw: pa.NativeFile, file: pq.ParquetFile, group: int, dictionary_bytes: int
) -> Iterator[pa.RecordBatch]:
    """A row group, so many rows at a time that they fit in memory, whatever each of them names."""
    if dictionary_bytes <= _DICTIONARY_BYTES:
        num_rows = min(_ROWS, _DECODED_BYTES // max(1, dictionary_bytes))
    else:
        # Decoded, a few rows of one long string would fill any memory; codes do not.
        kinds = file.schema_arrow
        strings = [field.name for field in kinds if field.type in (pa.string(), pa.binary())]
        file, num_rows = pq.ParquetFile(raw, read_dictionary=strings), _CODED_ROWS
    yield from file.iter_batches(batch_size=num_rows, row_groups=[group])


def _dictionary_bytes(raw: pa.NativeFile, group: _RowGroup) -> int:
    """Bytes of its largest dictionary: of the page's header, by Thrift's compact protocol."""
    largest = 0
    for offset in group.dictionaries:
        raw.seek(offset)
        head = raw.read(_HEAD_BYTES)
        for _ in range(2):  # type of the page, bytes of it uncompressed
            if head[:1] != _FIELD:
                raise ValueError(f"no page at {offset}")
            number, head = _varint(head[1:])
        largest = max(largest, number >> 1)  # zigzag encoded, and not negative
    return largest


def _varint(data: bytes) -> tuple[int, bytes]:
    value = 0
    for at, byte in enumerate(data):
        value |= (byte & 0x7F) << (7 * at)
        if byte < 0x80:
            return value, data[at + 1 :]
    raise ValueError("a number without an end")
