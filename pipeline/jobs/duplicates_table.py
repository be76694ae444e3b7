"""The tables of duplicates of a finished corpus: who stands for whom, how large clusters are."""

from collections import Counter
from typing import Any

import pyarrow as pa

from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.jobs.removals import REMOVALS
from haybale.pipeline.rows.tables import open_table, read_table

DUPLICATES_PATH = "dedup/duplicates.arrow"
"""REMOVALS of all parts without their rows, sorted by the removed document's id."""
SIZES_PATH = "dedup/cluster_sizes.arrow"

SIZES = pa.schema(
    [
        pa.field("cluster", pa.binary(16), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("removed", pa.int64(), nullable=False),
    ]
)
"""A cluster of duplicates: its documents, in this corpus and in those that it was compared with,
and how many of them were removed. A text that was found often may be worth training on more than
once."""


def write_duplicates(context: BuildContext) -> tuple[tuple[FileRecord, ...], "Counter[int]"]:
    """Write both tables; returns their files, and how many clusters there are of each size."""
    folder, names = context.folder, [part.name for part in context.parts]
    columns = [name for name in REMOVALS.names if name != "row"]
    tables = [read_table(folder, f"dedup/removals/{name}.arrow", columns) for name in names]
    schema = pa.schema([REMOVALS.field(name) for name in columns])
    removed = pa.concat_tables([schema.empty_table(), *tables]).sort_by("removed")
    record = _write(folder, DUPLICATES_PATH, removed)
    survivors = [
        chunk
        for name in names
        for chunk in read_table(folder, f"dedup/clusters/{name}.arrow", ["cluster"])
        .column(0)
        .drop_null()  # who is in a family alone
        .chunks
    ]
    earlier: dict[bytes, tuple[int, int]] = {}
    for corpus in context.earlier:
        for row in _earlier_sizes(Folder(corpus.uri)):
            documents, gone = earlier.get(row["cluster"], (0, 0))
            earlier[row["cluster"]] = (documents + row["documents"], gone + row["removed"])
    sizes = cluster_sizes(
        removed.select(["cluster", "corpus"]), pa.chunked_array(survivors, pa.binary(16)), earlier
    )
    table = pa.table(
        [
            pa.array([name for name, _, _ in sizes], pa.binary(16)),
            pa.array([documents for _, documents, _ in sizes], pa.int64()),
            pa.array([gone for _, _, gone in sizes], pa.int64()),
        ],
        schema=SIZES,
    )
    files = (record, _write(folder, SIZES_PATH, table))
    return files, Counter(documents for _, documents, _ in sizes)


def _write(folder: Folder, path: str, table: pa.Table) -> FileRecord:
    with open_table(folder, path, table.schema) as writer:
        for batch in table.combine_chunks().to_batches():
            writer.write(batch)
    return writer.record()


def _earlier_sizes(folder: Folder) -> list[dict[str, Any]]:
    return list(read_table(folder, SIZES_PATH).to_pylist()) if folder.exists(SIZES_PATH) else []


def cluster_sizes(
    removed: pa.Table, survivors: pa.ChunkedArray, earlier: dict[bytes, tuple[int, int]]
) -> list[tuple[bytes, int, int]]:
    """Documents of each cluster, and those of them that are gone; sorted by cluster.

    Args:
        removed: `cluster` of each removed document, and `corpus` where its survivor is in an
            earlier one.
        survivors: Cluster of each survivor that has more than exact twins; a survivor that only
            stands for exact twins names its cluster itself and is not listed.
        earlier: Documents and removed ones of earlier corpora's clusters.
    """
    names, corpora = (removed.column(name).to_pylist() for name in ("cluster", "corpus"))
    gone, stay = Counter(names), Counter(survivors.to_pylist())
    inherited = {name for name, corpus in zip(names, corpora, strict=True) if corpus is not None}
    sizes = []
    for name in sorted(gone.keys() | stay.keys()):
        before, gone_before = earlier.get(name, (int(name in inherited), 0))
        # Who stands for twins alone is listed nowhere.
        here = gone[name] + (stay[name] or int(not before))
        sizes.append((name, here + before, gone[name] + gone_before))
    return sizes
