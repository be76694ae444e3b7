"""Binary search in an Arrow IPC file that is sorted by one of its columns."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import id_bytes, open_arrow
from haybale.corpus.storage import Folder


class SortedTable:
    """Finds rows by key: of the key column about log2(record batches) are read, and no other.

    Args:
        folder: The corpus.
        path: An Arrow IPC file below it without empty record batches.
        column: By which it is sorted: fixed_size_binary(16), or whole numbers.
    """

    def __init__(self, folder: Folder, path: str, column: str) -> None:
        self._whole = open_arrow(folder, path)
        self._keys = open_arrow(folder, path, [column])

    @property
    def schema(self) -> pa.Schema:
        """Of all columns."""
        return self._whole.schema

    def rows(self, key: bytes | int) -> Iterator[dict[str, Any]]:
        """The rows of a key, in order, as they are asked for."""
        for number in range(self._first_batch(key), self._keys.num_record_batches):
            keys = self._keys_of(number)
            start, stop = (int(np.searchsorted(keys, key, side)) for side in ("left", "right"))
            if start < stop:
                yield from self._whole.get_batch(number).slice(start, stop - start).to_pylist()
            if stop < len(keys):
                return

    def _first_batch(self, key: bytes | int) -> int:
        """The first record batch that does not end before the key."""
        low, high = 0, self._keys.num_record_batches
        while low < high:
            middle = (low + high) // 2
            keys = self._keys_of(middle)
            if np.searchsorted(keys, key) == len(keys):
                low = middle + 1
            else:
                high = middle
        return low

    def _keys_of(self, number: int) -> npt.NDArray[Any]:
        column = self._keys.get_batch(number).column(0)
        if pa.types.is_fixed_size_binary(column.type):
            return id_bytes(column)
        return np.asarray(column.to_numpy())
