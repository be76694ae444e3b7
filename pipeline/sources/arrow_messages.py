"""The messages of Arrow IPC data, by their metadata alone: where each lies, and what it expands to.

PyArrow tells neither where a record batch of a file begins nor how much memory it will take, so
this reads what the format says of both (Arrow columnar format, encapsulated message format;
Flatbuffers tables of Message.fbs and File.fbs).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

MAGIC = b"ARROW1"

_CONTINUATION = 0xFFFFFFFF
_CONTINUATION_BYTES = b"\xff\xff\xff\xff"
_MAX_METADATA_BYTES = 64 << 20
_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3
_BLOCK = struct.Struct("<qi4xq")  # offset, bytes of metadata, bytes of body
_BUFFER = struct.Struct("<qq")  # offset in the body, bytes
_MAX_ROWS_A_BYTE, _FREE_BYTES = 64, 64
DAMAGE = (struct.error, IndexError, ValueError, OverflowError)
"""What data raises that is no Arrow IPC."""


@dataclass(frozen=True)
class Message:
    """A record batch, or a batch of a dictionary.

    Attributes:
        offset: Where it begins.
        end: Where what follows it begins.
        num_rows: As it declares.
        expanded_bytes: Of its buffers, decompressed.
        is_dictionary: Whether it is no record batch.
    """

    offset: int
    end: int
    num_rows: int
    expanded_bytes: int
    is_dictionary: bool


def file_messages(file: pa.NativeFile) -> tuple[list[Message], list[Message]]:
    """Dictionary and record batches of an IPC file, in the order of its footer.

    Raises:
        ValueError: If it is none; see DAMAGE for all that may be raised.
    """
    num_bytes = file.size()
    tail = _read(file, num_bytes - 10, 10)
    length = int.from_bytes(tail[:4], "little", signed=True)
    if tail[4:] != MAGIC or not 0 < length <= num_bytes - 10:
        raise ValueError("expected an Arrow file, found one without a footer")
    footer = _Table.root(_read(file, num_bytes - 10 - length, length))
    found = []
    for field in (2, 3):
        blocks = footer.structs(field, _BLOCK)
        found.append([_required(_message(file, offset), offset) for offset, _, _ in blocks])
    return found[0], found[1]


def stream_messages(file: pa.NativeFile) -> Iterator[Message]:
    """Dictionary and record batches of an IPC stream, in order.

    Raises:
        ValueError: At damage; see DAMAGE for all that may be raised.
    """
    offset = 0
    while offset < file.size():
        prefix = _read(file, offset, 4)
        if prefix == _CONTINUATION_BYTES:
            prefix = _read(file, offset + 4, 4)
        if prefix == b"\0\0\0\0":  # the end mark; before version 0.15 it is all there is
            return
        message = _message(file, offset)
        if message is None:
            offset = _after_metadata(file, offset)[1]
            continue
        yield message
        offset = message.end


def _required(message: Message | None, offset: int) -> Message:
    if message is None:
        raise ValueError(f"expected a batch at {offset}, found another message")
    return message


def _after_metadata(file: pa.NativeFile, offset: int) -> tuple[bytes, int]:
    """A message's metadata, and where its body begins."""
    head = _read(file, offset, 8)
    marker, length = struct.unpack("<Ii", head)
    start = offset + 8
    if marker != _CONTINUATION:  # before version 0.15
        start, length = offset + 4, struct.unpack("<i", head[:4])[0]
    if not 0 < length <= _MAX_METADATA_BYTES:
        raise ValueError(f"metadata of {length} bytes at {offset}")
    return _read(file, start, length), start + length


def _message(file: pa.NativeFile, offset: int) -> Message | None:
    """The message at an offset; None if it is no batch."""
    metadata, body = _after_metadata(file, offset)
    table = _Table.root(metadata)
    kind, body_bytes = table.number(1, "<B"), table.number(3, "<q")
    batch = table.table(2)
    if kind == _DICTIONARY_BATCH:
        batch = batch.table(1)
    elif kind != _RECORD_BATCH:
        return None
    end = body + body_bytes
    if body_bytes < 0 or end > file.size():
        raise ValueError(f"a body of {body_bytes} bytes at {body}, behind the file's end")
    expanded, num_rows = _expanded_bytes(file, body, batch), batch.number(0, "<q")
    if not 0 <= num_rows <= _MAX_ROWS_A_BYTE * (expanded + _FREE_BYTES):
        raise ValueError(f"{num_rows} rows in {expanded} bytes at {offset}")
    return Message(offset, end, num_rows, expanded, kind == _DICTIONARY_BATCH)


def _expanded_bytes(file: pa.NativeFile, body: int, batch: "_Table") -> int:
    """Bytes of all buffers; a compressed one begins with how many it will be, or -1: it is none."""
    compressed, total = batch.has(3), 0
    for offset, length in batch.structs(2, _BUFFER):
        if length < 0 or offset < 0:
            raise ValueError(f"a buffer of {length} bytes at {body + offset}")
        if compressed and length >= 8:
            declared = struct.unpack("<q", _read(file, body + offset, 8))[0]
            total += length if declared < 0 else declared
        else:
            total += length
    return total


def _read(file: pa.NativeFile, offset: int, num_bytes: int) -> bytes:
    if offset < 0:
        raise ValueError(f"offset {offset}")
    file.seek(offset)
    data = bytes(file.read(num_bytes))
    if len(data) < num_bytes:
        raise ValueError(f"expected {num_bytes} bytes at {offset}, found {len(data)}")
    return data


class _Table:
    """A Flatbuffers table in bytes that are not trusted."""

    def __init__(self, data: bytes, at: int) -> None:
        if at < 0:
            raise ValueError("a table before its buffer")
        self._data, self._at = data, at
        self._fields = at - struct.unpack_from("<i", data, at)[0]
        if self._fields < 0:
            raise ValueError("a table without its fields")
        self._num_bytes = struct.unpack_from("<H", data, self._fields)[0]

    @classmethod
    def root(cls, data: bytes) -> "_Table":
        return cls(data, struct.unpack_from("<I", data)[0])

    def has(self, field: int) -> bool:
        return self._place(field) != 0

    def number(self, field: int, form: str) -> int:
        place = self._place(field)
        return int(struct.unpack_from(form, self._data, place)[0]) if place else 0

    def table(self, field: int) -> "_Table":
        place = self._place(field)
        if not place:
            raise ValueError(f"no field {field}")
        return _Table(self._data, place + self.number(field, "<I"))

    def structs(self, field: int, form: struct.Struct) -> list[tuple[int, ...]]:
        place = self._place(field)
        if not place:
            return []
        start = place + self.number(field, "<I")
        count = struct.unpack_from("<I", self._data, start)[0]
        if start + 4 + count * form.size > len(self._data):
            raise ValueError(f"a vector of {count} behind the end")
        return [form.unpack_from(self._data, start + 4 + at * form.size) for at in range(count)]

    def _place(self, field: int) -> int:
        slot = 4 + 2 * field
        if slot + 2 > self._num_bytes:
            return 0
        offset = int(struct.unpack_from("<H", self._data, self._fields + slot)[0])
        return self._at + offset if offset else 0
