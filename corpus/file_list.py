"""The list of files in a manifest, parsed when it is first asked for.

A corpus of 10^12 tokens names tens of thousands of files, and whoever trains on it needs none of
these records.
"""

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import overload

from haybale.corpus.pending import FileRecord

_BEGIN, _END = b'\n  "files": [', b"\n  ],"


class FileList(Sequence[FileRecord]):
    """Records of files, from JSON.

    Args:
        data: A list as `FileRecord.as_json` has its items.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data

    @cached_property
    def _records(self) -> tuple[FileRecord, ...]:
        return tuple(FileRecord.from_json(raw) for raw in json.loads(self._data))

    def find(self, path: str) -> FileRecord | None:
        """The record of one file; the others are not parsed for it."""
        key = b'"path": ' + json.dumps(path, ensure_ascii=False).encode()
        at = self._data.find(key)
        if at < 0:
            return None
        begin, end = self._data.rindex(b"{", 0, at), self._data.index(b"}", at + len(key))
        return FileRecord.from_json(json.loads(self._data[begin : end + 1]))

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[FileRecord]:
        return iter(self._records)

    @overload
    def __getitem__(self, index: int) -> FileRecord: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[FileRecord, ...]: ...
    def __getitem__(self, index: int | slice) -> FileRecord | tuple[FileRecord, ...]:
        return self._records[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._records == tuple(other)

    def __hash__(self) -> int:
        return hash(self._records)


def without_files(data: bytes) -> tuple[bytes, FileList]:
    """A manifest, as it is written, without its list of files, and that list.

    In JSON no string holds a line break, so the list ends at the first line that ends one so.

    Raises:
        ValueError: If it is not written so.
    """
    begin = data.index(_BEGIN + b"\n")
    end = data.index(_END, begin)
    files = FileList(b"[" + data[begin + len(_BEGIN) : end] + b"]")
    return data[:begin] + data[end + len(_END) :], files
