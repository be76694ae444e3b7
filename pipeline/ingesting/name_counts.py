"""Exact counts by name, such as documents of a web domain: a table that adds, in any order."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

_WAITING_ROWS = 1 << 16


class NameCounts:
    """Sums of amounts by name.

    Memory follows the number of different names: about 0.4 kB for each at the peak (3 million of 30
    bytes, four amounts), of which the table keeps the name and 8 bytes for each amount.

    Args:
        amounts: What is added up.
    """

    def __init__(self, amounts: Sequence[str]) -> None:
        self._amounts = tuple(amounts)
        fields = [pa.field(amount, pa.int64(), nullable=False) for amount in self._amounts]
        self._schema = pa.schema([pa.field("name", pa.string(), nullable=False), *fields])
        self._sums = self._schema.empty_table()
        self._waiting: list[pa.Table] = []
        self._num_waiting = 0

    def add(self, names: pa.Array, **amounts: pa.Array) -> None:
        """Add a row for each name, which may repeat.

        Args:
            names: string[n]; null counts as the empty name.
            amounts: int64[n] each; those not given are 0.
        """
        zeros = pa.nulls(len(names), pa.int64()).fill_null(0)
        columns = [amounts.get(amount, zeros) for amount in self._amounts]
        self.add_table(pa.table([pc.fill_null(names, ""), *columns], schema=self._schema))

    def add_table(self, table: pa.Table) -> None:
        """Add the rows of a table with a column `name` and some of the amounts."""
        missing = [amount for amount in self._amounts if amount not in table.column_names]
        zeros = pa.nulls(table.num_rows, pa.int64()).fill_null(0)
        for amount in missing:
            table = table.append_column(amount, zeros)
        self._waiting.append(table.select(self._schema.names).cast(self._schema))
        self._num_waiting += table.num_rows
        # As many again as there are names: then each row is summed up a few times at most.
        if self._num_waiting >= max(_WAITING_ROWS, self._sums.num_rows):
            self._sum_up()

    def table(self) -> pa.Table:
        """Columns `name` (string) and the amounts (int64): a row for each name, sorted by it."""
        self._sum_up()
        return self._sums.sort_by("name").combine_chunks()

    def _sum_up(self) -> None:
        rows = pa.concat_tables([self._sums, *self._waiting])
        sums = [(amount, "sum") for amount in self._amounts]
        grouped = rows.group_by("name", use_threads=False).aggregate(sums)
        columns = [grouped.column("name"), *(grouped.column(f"{name}_sum") for name, _ in sums)]
        self._sums = pa.table(columns, schema=self._schema)
        self._waiting, self._num_waiting = [], 0
