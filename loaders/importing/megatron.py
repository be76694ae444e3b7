"""Reads Megatron's indexed datasets; the layout stands in `haybale.loaders.export.megatron`."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from haybale.corpus.errors import CorruptInputError
from haybale.corpus.pending import FileRecord
from haybale.loaders.export.megatron import DTYPES, HEADER, MAGIC, VERSION
from haybale.loaders.importing.token_file import Block, FlatIds, Int64s, small_record

_GROUP = 1 << 16


class MegatronFile:
    """A pair of `.bin` and `.idx`; see `TokenFile`. A document may be of several sequences.

    Args:
        path: Of the `.idx`.
        name: Relative to what the user named.

    Raises:
        CorruptInputError: If a file is missing, is none of Megatron's, or their sizes do not agree.
    """

    def __init__(self, path: str, name: str) -> None:
        self.path, self.name = path, name
        self._prefix = path.removesuffix(".idx")
        with Path(path).open("rb") as file:
            raw = file.read(HEADER.size)
        if len(raw) < HEADER.size or raw[: len(MAGIC)] != MAGIC:
            raise self._error(0, f"expected to begin with {MAGIC!r}, found {raw[: len(MAGIC)]!r}")
        _, version, code, self._num_sequences, bounds = HEADER.unpack(raw)
        if version != VERSION:
            raise self._error(9, f"expected version {VERSION}, found {version}")
        dtype = np.dtype(DTYPES.get(code, "<f4"))
        if dtype.kind == "f":
            raise self._error(17, f"expected ids of an integer type, found dtype code {code}")
        if bounds < 1:
            raise self._error(26, "expected the number of documents and one, found 0")
        self._num_documents, self._itemsize = bounds - 1, dtype.itemsize
        self._pointers_at = HEADER.size + 4 * self._num_sequences
        self._documents_at = self._pointers_at + 8 * self._num_sequences
        self._check_size(path, self._documents_at + 8 * bounds)
        if not Path(f"{self._prefix}.bin").is_file():
            raise self._error(0, "expected a .bin beside it, found none")
        num_bytes = self._num_bytes()
        self._check_size(f"{self._prefix}.bin", num_bytes)
        self.num_tokens = num_bytes // self._itemsize
        self._ids = FlatIds(f"{self._prefix}.bin", dtype)

    def _error(self, position: int, reason: str) -> CorruptInputError:
        return CorruptInputError(self.path, position, reason)

    def _check_size(self, path: str, expected: int) -> None:
        found = Path(path).stat().st_size
        if found != expected:
            raise CorruptInputError(
                path,
                found,
                f"expected {expected} bytes by the counts of {self.path}, found {found}",
            )

    def _num_bytes(self) -> int:
        """Where the last sequence ends in `.bin`."""
        if self._num_sequences == 0:
            return 0
        with Path(self.path).open("rb") as file:
            last = self._num_sequences - 1
            length = int(self._read(file, HEADER.size, "<i4", last, 1)[0])
            pointer = int(self._read(file, self._pointers_at, "<i8", last, 1)[0])
        return pointer + length * self._itemsize

    def blocks(self) -> Iterator[Block]:
        """All documents, in order; sequence lengths, pointers and documents checked on the way."""
        yield from self._ids.blocks(self._document_lengths())

    def inputs(self) -> list[FileRecord]:
        """The files read."""
        return [small_record(self.path, f"{self.name}.idx"), self._ids.record(f"{self.name}.bin")]

    def _document_lengths(self) -> Iterator[Int64s]:
        sequence, pointer = 0, 0
        with Path(self.path).open("rb") as file:
            (end,) = self._read(file, self._documents_at, "<i8", self._num_documents, 1)
            if end != self._num_sequences:
                raise self._error(
                    self._documents_at + 8 * self._num_documents,
                    f"the documents end at sequence {end} of {self._num_sequences}",
                )
            for first in range(0, self._num_documents, _GROUP):
                count = min(_GROUP, self._num_documents - first)
                bounds = self._read(file, self._documents_at, "<i8", first, count + 1)
                self._check_documents(bounds, first, sequence)
                lengths = self._read(
                    file, HEADER.size, "<i4", sequence, int(bounds[-1]) - sequence
                ).astype(np.int64)
                self._check_pointers(file, lengths, sequence, pointer)
                ends = np.append(0, np.cumsum(lengths))
                yield np.diff(ends[bounds - sequence])
                sequence, pointer = int(bounds[-1]), pointer + int(ends[-1]) * self._itemsize

    def _check_documents(self, bounds: Int64s, first: int, sequence: int) -> None:
        wrong = np.flatnonzero(np.diff(bounds) < 0)
        if bounds[0] != sequence or wrong.size or bounds[-1] > self._num_sequences:
            at = first + (int(wrong[0]) if wrong.size else 0)
            raise self._error(
                self._documents_at + 8 * at,
                f"documents from {at} on do not follow each other in {self._num_sequences} "
                "sequences",
            )

    def _check_pointers(self, file: IO[bytes], lengths: Int64s, first: int, pointer: int) -> None:
        """Each sequence begins where the one before it ends: lengths and pointers agree."""
        found = self._read(file, self._pointers_at, "<i8", first, len(lengths))
        expected = pointer + np.append(0, np.cumsum(lengths))[: len(lengths)] * self._itemsize
        wrong = np.flatnonzero((found != expected) | (lengths < 0))
        if wrong.size:
            at = int(wrong[0])
            raise self._error(
                self._pointers_at + 8 * (first + at),
                f"sequence {first + at} has {lengths[at]} tokens from byte {found[at]} on; by the "
                f"lengths before it, it begins at {expected[at]}",
            )

    def _read(
        self, file: IO[bytes], array_at: int, dtype: str, first: int, count: int
    ) -> npt.NDArray[Any]:
        file.seek(array_at + np.dtype(dtype).itemsize * first)
        found = np.fromfile(file, dtype, count)
        if len(found) < count:
            raise self._error(array_at, "the file ended while it was read")
        return found
