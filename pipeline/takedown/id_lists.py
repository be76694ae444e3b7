"""The lists of ids beside the card: who is taken down moves from the kept to the removed."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from haybale.corpus.arrow_files import id_bytes, open_arrow
from haybale.corpus.id_lists import (
    CUTS_DIGEST,
    CUTS_PATH,
    KEPT_PATH,
    REMOVED,
    REMOVED_PATH,
)
from haybale.corpus.lookup_tables import FILES_PATH
from haybale.corpus.takedowns import STAGE
from haybale.pipeline.rows.parquet_stream import ROW_GROUP_ROWS, open_parquet
from haybale.pipeline.takedown.ids import Ids, are_in
from haybale.pipeline.takedown.work import Exchange, Work

Int64s = npt.NDArray[np.int64]


def rewrite_id_lists(
    work: Work, gone: Ids, rules: npt.NDArray[np.object_], exchange: Exchange
) -> None:
    """Write the lists anew; nothing happens where the corpus has none.

    Args:
        work: The takedown.
        gone: Documents that left the shards.
        rules: Of each, why.
        exchange: Told what was written.
    """
    if not work.has(KEPT_PATH) or not len(gone):
        return
    work.check(CUTS_PATH, KEPT_PATH, REMOVED_PATH)
    moved = _rewrite_cuts_and_kept(work, gone, exchange)
    if not work.has(REMOVED_PATH):
        return
    places = np.searchsorted(gone, id_bytes(moved.column("doc_id").combine_chunks()))
    stages = pa.repeat(pa.scalar(STAGE), len(places))
    columns = {
        "doc_id": moved.column("doc_id"),
        "subset": moved.column("subset"),
        "stage": stages,
        "rule": pa.array(rules[places], pa.string()),
        "survivor": pa.nulls(len(places), pa.binary(16)),
        "file": moved.column("file"),
        "record": moved.column("record"),
    }
    order = _ReadOrder()
    if work.has(FILES_PATH):
        for row in open_arrow(work.folder, FILES_PATH).read_all().to_pylist():
            order.add(row["part"].rpartition("/")[0], row["name"])
    rows = pa.Table.from_arrays([columns[name] for name in REMOVED.names], schema=REMOVED)
    with open_parquet(work.new, REMOVED_PATH, REMOVED) as stream:
        for table in _merged(_tables(work, REMOVED_PATH), rows, order):
            stream.write(table)
    exchange.add(stream.record())


def _rewrite_cuts_and_kept(work: Work, gone: Ids, exchange: Exchange) -> pa.Table:
    """Returns the rows that the kept lost."""
    digest = ""
    if work.has(CUTS_PATH):
        schema = _schema(work, CUTS_PATH)
        with open_parquet(work.new, CUTS_PATH, schema) as stream:
            for table in _tables(work, CUTS_PATH):
                stream.write(table.filter(pa.array(~_goes(table, gone))))
        exchange.add(stream.record())
        digest = stream.record().digest
    schema = _schema(work, KEPT_PATH)
    schema = schema.with_metadata({**(schema.metadata or {}), CUTS_DIGEST: digest})
    moved = [schema.empty_table()]
    with open_parquet(work.new, KEPT_PATH, schema) as stream:
        for table in _tables(work, KEPT_PATH):
            goes = _goes(table, gone)
            moved.append(table.filter(pa.array(goes)))
            stream.write(table.filter(pa.array(~goes)).replace_schema_metadata(schema.metadata))
    exchange.add(stream.record())
    return pa.concat_tables([each.replace_schema_metadata(schema.metadata) for each in moved])


def _goes(table: pa.Table, gone: Ids) -> npt.NDArray[np.bool_]:
    return are_in(id_bytes(table.column("doc_id").combine_chunks()), gone)


def _schema(work: Work, path: str) -> pa.Schema:
    with work.folder.open(path) as source:
        return pq.ParquetFile(source).schema_arrow


def _tables(work: Work, path: str) -> Iterator[pa.Table]:
    with work.folder.open(path) as source:
        for batch in pq.ParquetFile(source).iter_batches(ROW_GROUP_ROWS):
            yield pa.Table.from_batches([batch])


@dataclass
class _ReadOrder:
    """Input files in the order in which they were read."""

    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, subset: str, file: str) -> int:
        """Number of a file; one that was not yet named comes after all others."""
        return self._numbers.setdefault((subset, file), len(self._numbers))

    def keys(self, rows: pa.Table) -> Int64s:
        """int64[rows], rising in the order in which rows were read."""
        subsets, files = (
            rows.column(name).combine_chunks().dictionary_encode("encode")
            for name in ("subset", "file")
        )
        pairs = subsets.indices.to_numpy() * np.int64(len(files.dictionary) or 1)
        pairs += files.indices.to_numpy()
        _, first, which = np.unique(pairs, return_index=True, return_inverse=True)
        numbers = np.zeros(len(first), np.int64)
        for at in np.argsort(first).tolist():  # in the order in which they are named
            row = int(first[at])
            numbers[at] = self.add(subsets[row].as_py(), files[row].as_py())
        records: Int64s = rows.column("record").to_numpy()
        return (numbers[which] << 40) + records


def _merged(tables: Iterator[pa.Table], rows: pa.Table, order: _ReadOrder) -> Iterator[pa.Table]:
    """Rows sorted into tables that are in the order in which they were read."""
    keys = order.keys(rows)
    sorting = np.argsort(keys, kind="stable")
    rows, keys, at = rows.take(pa.array(sorting)), keys[sorting], 0
    for table in tables:
        table = table.replace_schema_metadata(rows.schema.metadata).cast(rows.schema)
        there = order.keys(table)
        until = int(np.searchsorted(keys, there[-1])) if len(there) else at
        until = max(until, at)
        both = pa.concat_tables([table, rows.slice(at, until - at)])
        sorting = np.argsort(np.concatenate([there, keys[at:until]]), kind="stable")
        yield both.take(pa.array(sorting))
        at = until
    yield rows.slice(at)
