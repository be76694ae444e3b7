"""`shards/index.arrow` as columns: where the buffers of each record batch lie.

A row is a record batch. A corpus of 10^12 tokens has a million of them, so columns stay in the
mapped file, and nothing here takes memory or time by the row but what is said to.
"""

import itertools

import numpy as np
import pyarrow as pa

from haybale.corpus.errors import CorruptShardError
from haybale.loaders.shards.store import Int64s


class IndexRows:
    """The index of a corpus.

    Args:
        table: From `haybale.corpus.shards.read_index`.

    Attributes:
        num_documents: int64[rows]: documents of each record batch.
        num_tokens: int64[rows]: its tokens.
        doc_ids_at: int64[rows]: where in the shard's file its ids begin, in bytes.
        offsets_at: int64[rows]: likewise its list offsets.
        values_at: int64[rows]: likewise its tokens.
        first_rows: int64[shards]: the first record batch of each shard.
        shards: Path of each shard below the corpus.
        shard_bytes: int64[shards]: length of its file.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self.num_documents, self.num_tokens = self._column("rows"), self._column("tokens")
        self.doc_ids_at = self._column("doc_ids_position")
        self.offsets_at = self._column("offsets_position")
        self.values_at = self._column("values_position")
        self.first_rows: Int64s = np.flatnonzero(self._column("batch") == 0)
        self.shards: list[str] = self._of_shards("shard")
        self._shard_bytes_by_row = self._column("shard_bytes")
        self.shard_bytes: Int64s = self._shard_bytes_by_row[self.first_rows]

    def __len__(self) -> int:
        """Record batches."""
        return int(self._table.num_rows)

    def ranges(self, split: str) -> dict[str, tuple[int, int]]:
        """First and one past the last row of each subset of a split, in the index's order."""
        splits, subsets = self._of_shards("split"), self._of_shards("subset")
        bounds = [*self.first_rows.tolist(), len(self)]
        found: dict[str, tuple[int, int]] = {}
        keys = zip(splits, subsets, bounds, bounds[1:], strict=False)
        for (of, subset), group in itertools.groupby(keys, lambda key: key[:2]):
            rows = list(group)
            if of == split:
                found[subset] = (rows[0][2], rows[-1][3])
        return found

    def splits(self) -> list[str]:
        """Names of all splits."""
        names: list[str] = self._table.column("split").unique().to_pylist()
        return names

    def shard_number(self, rows: Int64s) -> Int64s:
        """Which shard each row belongs to, counted over the whole index."""
        return self.first_rows.searchsorted(rows, side="right") - 1

    def shard_rows(self, number: int) -> tuple[int, int]:
        """First and one past the last row of a shard."""
        ends = (*self.first_rows[number + 1 : number + 2].tolist(), len(self))
        return int(self.first_rows[number]), int(ends[0])

    def rows(self, first: int, last: int) -> pa.Table:
        """Rows of the index, as they are."""
        return self._table.slice(first, last - first)

    def digest(self, row: int) -> str:
        """xxh3-128 of a record batch's ids, offsets and values, in hex."""
        return str(self._table.column("digest")[row].as_py())

    def name(self, row: int) -> str:
        """A record batch, for messages: its shard and its number in it."""
        number = int(self._table.column("batch")[row].as_py())
        shard = int(self.shard_number(np.array([row]))[0])
        return f"{self.shards[shard]}, record batch {number}"

    def check_within(self, rows: Int64s | slice, itemsize: int) -> None:
        """Refuse rows whose buffers would lie outside their shard's file.

        Args:
            rows: Which; a slice is quicker.
            itemsize: Bytes of a token.

        Raises:
            CorruptShardError: Naming the first of them.
        """
        documents, tokens = self.num_documents[rows], self.num_tokens[rows]
        sizes = self._shard_bytes_by_row[rows]
        fits = (documents >= 0) & (tokens >= 0)
        for begin, length in (
            (self.doc_ids_at[rows], 16 * documents),
            (self.offsets_at[rows], 4 * (documents + 1)),
            (self.values_at[rows], itemsize * tokens),
        ):
            fits &= (begin >= 0) & (begin + length <= sizes)
        if not fits.all():
            first = int(np.arange(len(self))[rows][~fits][0])
            raise CorruptShardError(
                f"shards/index.arrow: has {self.name(first)} beyond the shard's end; restore the "
                "index from a copy or build the corpus again"
            )

    # Arrow's own ways between its arrays and NumPy's import pandas wherever it is installed, which
    # takes longer than opening a corpus.

    def _of_shards(self, name: str) -> list[str]:
        """A column at the first row of each shard: all its record batches say the same."""
        numbers = [None, pa.py_buffer(self.first_rows)]
        rows = pa.Array.from_buffers(pa.int64(), len(self.first_rows), numbers)
        values: list[str] = self._table.column(name).take(rows).to_pylist()
        return values

    def _column(self, name: str) -> Int64s:
        chunks = self._table.column(name).cast(pa.int64()).chunks
        parts = [
            np.frombuffer(chunk.buffers()[1], np.int64, len(chunk), 8 * chunk.offset)
            for chunk in chunks
            if len(chunk)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, np.int64), *parts])
