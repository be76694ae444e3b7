"""Reads OLMo's flat arrays; what they are stands in `haybale.loaders.export.olmo`."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from haybale.corpus.errors import CorruptInputError
from haybale.corpus.pending import FileRecord
from haybale.loaders.importing.token_file import BLOCK_TOKENS, Block, FlatIds, Int64s, small_record

_NUMPY_MAGIC = b"\x93NUMPY"
_GROUP = 1 << 16


class OlmoArray:
    """An array of ids; see `TokenFile`.

    Documents are cut where the `.csv.gz` beside it says, or after every EOS where there is none.

    Args:
        path: Of the `.npy`.
        name: Relative to what the user named.
        dtype: Of the ids; the array itself does not say.
        eos_id: The id that ends a document.

    Raises:
        CorruptInputError: If the array cannot be of that type, or has NumPy's header.
    """

    def __init__(self, path: str, name: str, dtype: np.dtype[Any], eos_id: int) -> None:
        self.path, self.name = path, name
        self._dtype, self._eos_id = dtype.newbyteorder("<"), eos_id
        num_bytes = Path(path).stat().st_size
        with Path(path).open("rb") as file:
            if file.read(len(_NUMPY_MAGIC)) == _NUMPY_MAGIC:
                raise CorruptInputError(
                    path, 0, "expected bare ids, found a header of numpy.save: OLMo's have none"
                )
        if num_bytes % dtype.itemsize:
            raise CorruptInputError(
                path,
                num_bytes,
                f"expected whole ids of {dtype.itemsize} bytes, found {num_bytes} bytes; it was "
                "cut, or is of another --dtype",
            )
        self.num_tokens = num_bytes // dtype.itemsize
        table = Path(path.removesuffix(".npy") + ".csv.gz")
        self._table = table if table.is_file() else None
        self._ids = FlatIds(path, self._dtype)

    def blocks(self) -> Iterator[Block]:
        """All documents, in order."""
        yield from self._ids.blocks(self._from_table() if self._table else self._from_eos())

    def inputs(self) -> list[FileRecord]:
        """The files read."""
        records = [self._ids.record(f"{self.name}.npy")]
        if self._table:
            records.append(small_record(str(self._table), f"{self.name}.csv.gz"))
        return records

    def _from_eos(self) -> Iterator[Int64s]:
        """Lengths up to each EOS; what follows the last one is a document too."""
        start = before = 0
        with Path(self.path).open("rb") as file:
            while len(ids := np.fromfile(file, self._dtype, BLOCK_TOKENS)):
                ends = before + np.flatnonzero(ids == self._eos_id) + 1
                if len(ends):
                    yield np.diff(ends, prepend=start)
                    start = int(ends[-1])
                before += len(ids)
        if start < before:
            yield np.array([before - start], np.int64)

    def _from_table(self) -> Iterator[Int64s]:
        lengths: list[int] = []
        end = 0
        for number, (start, stop) in enumerate(self._rows(), start=1):
            if start != end or stop < start or stop > self.num_tokens:
                raise CorruptInputError(
                    str(self._table),
                    number,
                    f"row {number} says tokens {start} to {stop}; the row before it ends at {end}, "
                    f"the array at {self.num_tokens}",
                )
            lengths.append(stop - start)
            end = stop
            if len(lengths) == _GROUP:
                yield np.array(lengths, np.int64)
                lengths = []
        if end != self.num_tokens:
            raise CorruptInputError(
                str(self._table), end, f"its rows end at token {end} of {self.num_tokens}"
            )
        yield np.array(lengths, np.int64)

    def _rows(self) -> Iterator[tuple[int, int]]:
        assert self._table is not None
        num_rows = 0
        try:
            with gzip.open(self._table, "rt", encoding="utf-8") as file:
                for line in file:
                    start, stop, *_ = line.split(",", 2)
                    yield int(start), int(stop)
                    num_rows += 1
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise CorruptInputError(
                str(self._table), num_rows, f"expected gzipped rows start,end,...: {error}"
            ) from None
