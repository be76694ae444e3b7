"""The messages of Arrow IPC data, by their metadata alone: where each lies, and what it expands to.

PyArrow tells neither where a record batch of a file begins nor how much memory it will take, so
this reads what the format says of both (Arrow columnar format, encapsulated message format;
Flatbuffers tables of Message.fbs).
"""

import struct
from dataclasses import dataclass

import pyarrow as pa

from haybale.pipeline.sources.flatbuffers import Table

DAMAGE = (struct.error, IndexError, ValueError, OverflowError)
"""What data raises that is no Arrow IPC."""
CONTINUATION = b"\xff\xff\xff\xff"
"""With which a message begins since version 0.15."""

SCHEMA, DICTIONARY_BATCH, RECORD_BATCH = 1, 2, 3
"""Kinds of messages."""

_MAX_METADATA_BYTES = 64 << 20
_NODE = struct.Struct("<qq")  # rows, nulls
_BUFFER = struct.Struct("<qq")  # offset in the body, bytes
_MAX_ROWS = (1 << 31) - 1  # the format: longer arrays should not be written
_MAX_ROWS_A_BYTE, _FREE_BYTES = 64, 64
_ROW_BYTES = 16
"""Taken by what is counted for each row, its bytes and a column's, whatever the row holds."""


@dataclass(frozen=True)
class Message:
    """A message's metadata.

    Attributes:
        kind: SCHEMA, DICTIONARY_BATCH, RECORD_BATCH, or another.
        offset: Where it begins.
        body: Where its body begins.
        end: Where what follows it begins.
        num_rows: Of a batch, as it declares.
        dictionary: The id of the one that it is a batch of; None: of none.
        is_delta: Whether it is added to the values that the dictionary has.
    """

    kind: int
    offset: int
    body: int
    end: int
    num_rows: int
    dictionary: int | None
    is_delta: bool
    _batch: Table | None

    @property
    def is_dictionary(self) -> bool:
        """Whether it is a batch of a dictionary."""
        return self.kind == DICTIONARY_BATCH

    def expanded_bytes(self, file: pa.NativeFile) -> int:
        """What a batch takes in memory: its buffers, decompressed, or what is counted of its rows.

        Raises:
            ValueError: If so many rows are not in so few bytes; see DAMAGE for all that may be
                raised.
        """
        assert self._batch is not None, self.kind
        # A compressed buffer begins with how many bytes it will be, or -1: it is none.
        compressed, total = self._batch.has(3), 0
        for offset, length in self._batch.structs(2, _BUFFER):
            if length < 0 or offset < 0:
                raise ValueError(f"a buffer of {length} bytes at {self.body + offset}")
            declared = -1
            if compressed and length >= 8:
                declared = struct.unpack("<q", read_at(file, self.body + offset, 8))[0]
            total += length if declared < 0 else declared
        if self.num_rows > _MAX_ROWS_A_BYTE * (total + _FREE_BYTES):
            raise ValueError(f"{self.num_rows} rows in {total} bytes at {self.offset}")
        return max(total, _ROW_BYTES * self.num_rows)


def message_at(file: pa.NativeFile, offset: int, metadata_bytes: int | None = None) -> Message:
    """The message at an offset, by one read where it is known how many bytes its metadata has.

    Raises:
        ValueError: If none stands there; see DAMAGE for all that may be raised.
    """
    if metadata_bytes is None:
        head = read_at(file, offset, 8)
        start, length = _metadata_place(head, offset)
        data = read_at(file, start, length)
    else:
        head = read_at(file, offset, min(max(8, metadata_bytes), 8 + _MAX_METADATA_BYTES))
        start, length = _metadata_place(head, offset)
        data = head[start - offset : start - offset + length]
        if len(data) < length:
            raise ValueError(f"{length} bytes of metadata in {metadata_bytes} at {offset}")
    table, body = Table.root(data), start + length
    kind, body_bytes = table.number(1, "<B"), table.number(3, "<q")
    end = body + body_bytes
    if body_bytes < 0 or end > file.size():
        raise ValueError(f"a body of {body_bytes} bytes at {body}, behind the file's end")
    batch, num_rows, dictionary, is_delta = None, 0, None, False
    if kind in (DICTIONARY_BATCH, RECORD_BATCH):
        batch = table.table(2)
        if kind == DICTIONARY_BATCH:
            dictionary, is_delta = batch.number(0, "<q"), batch.number(2, "<B") != 0
            batch = batch.table(1)
        num_rows = _num_rows(batch, offset)
    return Message(kind, offset, body, end, num_rows, dictionary, is_delta, batch)


def read_at(file: pa.NativeFile, offset: int, num_bytes: int) -> bytes:
    """So many bytes from an offset on.

    Raises:
        ValueError: If the file has fewer.
    """
    if offset < 0:
        raise ValueError(f"offset {offset}")
    file.seek(offset)
    data = bytes(file.read(num_bytes))
    if len(data) < num_bytes:
        raise ValueError(f"expected {num_bytes} bytes at {offset}, found {len(data)}")
    return data


def _metadata_place(head: bytes, offset: int) -> tuple[int, int]:
    """Where a message's metadata begins, and how many bytes it has, by the message's first 8."""
    start, length = offset + 8, head[4:8]
    if not head.startswith(CONTINUATION):  # before version 0.15
        start, length = offset + 4, head[:4]
    num_bytes = int.from_bytes(length, "little", signed=True)
    if not 0 < num_bytes <= _MAX_METADATA_BYTES:
        raise ValueError(f"metadata of {num_bytes} bytes at {offset}")
    return start, num_bytes


def _num_rows(batch: Table, offset: int) -> int:
    """As a batch declares; its first column has to declare as many."""
    num_rows, columns = batch.number(0, "<q"), batch.structs(1, _NODE)
    expected = columns[0][0] if columns else num_rows
    if not 0 <= num_rows <= _MAX_ROWS or num_rows != expected:
        raise ValueError(f"{num_rows} rows, {expected} in the first column, at {offset}")
    return num_rows
