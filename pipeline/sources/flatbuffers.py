"""Flatbuffers tables in bytes that are not trusted: what Arrow's metadata is written in."""

import struct


class Table:
    """A table.

    What is asked of one that is damaged raises ValueError, struct.error, IndexError or
    OverflowError.

    Args:
        data: What it stands in.
        at: Where it begins there.
    """

    def __init__(self, data: bytes, at: int) -> None:
        if at < 0:
            raise ValueError("a table before its buffer")
        self._data, self._at = data, at
        self._fields = at - struct.unpack_from("<i", data, at)[0]
        if self._fields < 0:
            raise ValueError("a table without its fields")
        self._num_bytes = struct.unpack_from("<H", data, self._fields)[0]

    @classmethod
    def root(cls, data: bytes) -> "Table":
        """The table that a buffer is of."""
        return cls(data, struct.unpack_from("<I", data)[0])

    def has(self, field: int) -> bool:
        """Whether a field is set."""
        return self._place(field) != 0

    def number(self, field: int, form: str) -> int:
        """A field's number, of a `struct` format; 0 if it is not set."""
        place = self._place(field)
        return int(struct.unpack_from(form, self._data, place)[0]) if place else 0

    def table(self, field: int) -> "Table":
        """A field's table."""
        place = self._place(field)
        if not place:
            raise ValueError(f"no field {field}")
        return Table(self._data, place + self.number(field, "<I"))

    def structs(self, field: int, form: struct.Struct) -> list[tuple[int, ...]]:
        """A field's vector; empty if it is not set."""
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
