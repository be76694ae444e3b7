"""`card/domains.parquet`: every web domain, exactly; and what a card says of them."""

from itertools import accumulate

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.cards.measured import DomainCounts, Domains
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder
from haybale.pipeline.ingesting.domains import top_level_domains
from haybale.pipeline.ingesting.name_counts import NameCounts
from haybale.pipeline.rows.parquet_stream import open_parquet

DOMAINS_PATH = "card/domains.parquet"
AMOUNTS = ("documents_read", "documents", "text_bytes", "tokens")
NUM_TOP = 300
"""Domains that the card is told of by name."""


def write_domains(folder: Folder, counts: NameCounts) -> tuple[FileRecord, Domains]:
    """Commit the table, largest domain first.

    Args:
        folder: The corpus folder.
        counts: AMOUNTS by domain, of all parts; the empty domain: documents without.
    """
    counted = counts.table()
    nameless = pc.equal(counted.column("name"), "")
    order = [("text_bytes", "descending"), ("name", "ascending")]
    table = counted.filter(pc.invert(nameless)).sort_by(order)
    named = table.rename_columns(["domain", *AMOUNTS])
    with open_parquet(folder, DOMAINS_PATH, named.schema) as file:
        file.write(named)
    in_corpus = table.filter(pc.greater(table.column("documents"), 0))
    return file.record(), Domains(
        num_read=pc.sum(pc.greater(table.column("documents_read"), 0)).as_py() or 0,
        num=in_corpus.num_rows,
        documents_without=pc.sum(counted.filter(nameless).column("documents")).as_py() or 0,
        top=_rows(in_corpus.slice(0, NUM_TOP)),
        groups=_groups(table),
        curve=_curve(in_corpus.column("text_bytes").to_numpy()),
    )


def _groups(table: pa.Table) -> tuple[DomainCounts, ...]:
    groups = NameCounts(AMOUNTS)
    for batch in table.to_batches():
        names = top_level_domains(batch.column("name"))
        groups.add_table(pa.Table.from_batches([batch]).set_column(0, "name", names))
    return _rows(groups.table())


def _rows(table: pa.Table) -> tuple[DomainCounts, ...]:
    return tuple(
        DomainCounts(row["name"], *(row[amount] for amount in AMOUNTS)) for row in table.to_pylist()
    )


def _curve(text_bytes: npt.NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    """Bytes of the largest domains together: 1, 2, 5, 10, ... of them, a tenth of them, and all."""
    num = len(text_bytes)
    steps = accumulate([2, 2.5, 2] * 9, lambda count, factor: int(count * factor), initial=1)
    points = sorted({*(step for step in steps if step < num), -(-num // 10), num} - {0})
    together = np.cumsum(text_bytes)
    return tuple((point, int(together[point - 1])) for point in points)
