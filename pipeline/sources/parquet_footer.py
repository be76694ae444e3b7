"""What the footer of a Parquet file says of its row groups.

PyArrow ends the process where it is asked for a column of a footer that is damaged, so what is
needed of it is read here (Thrift, compact protocol; parquet.thrift of the Parquet format).
"""

from typing import Any, NamedTuple

import pyarrow as pa

_TRUE, _FALSE, _BYTE, _INTEGERS, _DOUBLE, _BINARY = 1, 2, 3, (4, 5, 6), 7, 8
_LISTS, _MAP, _STRUCT, _UUID = (9, 10), 11, 12, 13
_END_BYTES = 8
_MAX_DEPTH = 32
_MAX_VARINT_BYTES = 10


class Column(NamedTuple):
    """A column of a row group (ColumnMetaData); offsets count in the file.

    Attributes:
        data: Where its first page of data begins.
        dictionary: Where the page of its dictionary begins; None: it has none.
        num_bytes: Compressed.
    """

    data: int
    dictionary: int | None
    num_bytes: int


class RowGroupFacts(NamedTuple):
    """A row group; `num_bytes` of it are uncompressed."""

    columns: list[Column]
    num_bytes: int
    num_rows: int


def read_footer(file: pa.NativeFile) -> list[RowGroupFacts]:
    """The row groups of a file.

    Raises:
        ValueError: If it has no such footer, or its groups have not as many rows as it declares for
            the file; or LookupError.
    """
    num_bytes = int(file.size())
    file.seek(max(0, num_bytes - _END_BYTES))
    length = int.from_bytes(bytes(file.read(_END_BYTES))[:4], "little")
    if length > num_bytes - _END_BYTES:
        raise ValueError(f"a footer of {length} bytes in a file of {num_bytes}")
    file.seek(num_bytes - _END_BYTES - length)
    metadata = _Compact(bytes(file.read(length))).struct(0)
    groups = [_row_group(group) for group in _field(metadata, 4, list)]
    declared, found = _field(metadata, 3, int), sum(group.num_rows for group in groups)
    if declared != found:  # and so these come to no more than 64 bits hold
        raise ValueError(f"{declared} rows declared in the footer, {found} in its row groups")
    return groups


def _row_group(group: Any) -> RowGroupFacts:
    columns = [_column(_field(each, 3, dict)) for each in _field(group, 1, list)]
    num_rows = _field(group, 3, int)
    if num_rows < 0:
        raise ValueError(f"a row group of {num_rows} rows in the footer")
    return RowGroupFacts(columns, _field(group, 2, int), num_rows)


def _column(column: dict[int, Any]) -> Column:
    data, dictionary = _field(column, 9, int), _field(column, 11, int) if 11 in column else 0
    # Some writers give an offset where there is no dictionary: 0, or that of the data.
    return Column(data, dictionary if 0 < dictionary < data else None, _field(column, 7, int))


def _field(values: Any, number: int, kind: type) -> Any:
    found = values.get(number) if isinstance(values, dict) else None
    if not isinstance(found, kind):
        raise ValueError(f"expected a field {number} of {kind.__name__} in the footer")
    return found


class _Compact:
    """Values of the compact protocol, in bytes that are not trusted.

    A struct is a mapping of field numbers. Of strings and maps nothing is needed: they are None.
    """

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def struct(self, depth: int) -> dict[int, Any]:
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            delta, kind = head >> 4, head & 15
            number = number + delta if delta else self._integer()
            fields[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise ValueError("a footer nested too deep")
        if kind in _INTEGERS:
            return self._integer()
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in _LISTS:
            return self._list(depth + 1)
        if kind == _MAP:
            return self._map(depth + 1)
        sizes = {_TRUE: 1, _FALSE: 1, _BYTE: 1, _DOUBLE: 8, _UUID: 16}
        self._skip(self._varint() if kind == _BINARY else sizes[kind])
        return None

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        count, kind = head >> 4, head & 15
        if count == 15:
            count = self._varint()
        self._check(count)
        return [self._value(kind, depth) for _ in range(count)]

    def _map(self, depth: int) -> None:
        count = self._varint()
        self._check(count)
        kinds = self._byte() if count else 0
        for _ in range(count):
            self._value(kinds >> 4, depth)
            self._value(kinds & 15, depth)

    def _check(self, count: int) -> None:
        if count > len(self._data) - self._at:
            raise ValueError(f"{count} values behind the footer's end")

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _skip(self, num_bytes: int) -> None:
        self._check(num_bytes)
        self._at += num_bytes

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 7 * _MAX_VARINT_BYTES, 7):
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise ValueError("a number without an end")

    def _integer(self) -> int:
        value = self._varint() & ((1 << 64) - 1)
        return (value >> 1) ^ -(value & 1)  # zigzag
