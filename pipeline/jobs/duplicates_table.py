"""The tables of duplicates of a finished corpus: who stands for whom, how large clusters are."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.digests import UInt64s, id_words, ids_from_words
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.jobs.removals import INHERITED_FIELD, REMOVALS
from haybale.pipeline.kept.earlier_names import INHERITED, names_of
from haybale.pipeline.planning.earlier import EarlierCorpus
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
    survivors, inherited = _survivors(folder, names)
    of_earlier = removed.filter(removed.column("corpus").is_valid())
    inherited |= set(of_earlier.column("cluster").to_pylist())
    earlier: dict[bytes, tuple[int, int]] = {}
    for corpus in context.earlier:
        for name, there, gone in _earlier_sizes(corpus):
            documents, before = earlier.get(name, (0, 0))
            earlier[name] = (documents + there, before + gone)
    sizes = cluster_sizes(removed.select(["cluster", "corpus"]), survivors, earlier)
    columns = [
        pa.array([name for name, _, _ in sizes], pa.binary(16)),
        pa.array([documents for _, documents, _ in sizes], pa.int64()),
        pa.array([gone for _, _, gone in sizes], pa.int64()),
    ]
    schema = SIZES
    if context.earlier:
        columns.append(pa.array([name in inherited for name, _, _ in sizes], pa.bool_()))
        schema = schema.append(INHERITED_FIELD)
    table = pa.table(columns, schema=schema)
    files = (record, _write(folder, SIZES_PATH, table))
    return files, Counter(documents for _, documents, _ in sizes)


def _write(folder: Folder, path: str, table: pa.Table) -> FileRecord:
    with open_table(folder, path, table.schema) as writer:
        for batch in table.combine_chunks().to_batches():
            writer.write(batch)
    return writer.record()


def _survivors(folder: Folder, parts: Sequence[str]) -> tuple[pa.ChunkedArray, set[bytes]]:
    """Cluster of each survivor that is in one; those of them that are inherited."""
    chunks, inherited = [], set()
    for part in parts:
        table = read_table(folder, f"dedup/clusters/{part}.arrow")
        chunks += table.column("cluster").drop_null().chunks  # null: who is in a family alone
        if INHERITED in table.column_names:
            mine = table.column("cluster").filter(table.column(INHERITED))
            inherited |= set(mine.to_pylist())
    return pa.chunked_array(chunks, pa.binary(16)), inherited


def _earlier_sizes(corpus: EarlierCorpus) -> Iterator[tuple[bytes, int, int]]:
    """Clusters of an earlier corpus by the names that they go by here, documents, removed ones."""
    folder = Folder(corpus.uri)
    if not folder.exists(SIZES_PATH):
        return
    table = read_table(folder, SIZES_PATH).combine_chunks()
    if INHERITED not in table.column_names and corpus.is_update:
        return  # of an earlier release: one name there may be of two clusters
    names = ids_from_words(names_of(corpus.origin, _words(table.column("cluster"))))
    if INHERITED in table.column_names:
        kept = table.column(INHERITED).combine_chunks()
        names = pc.if_else(kept, table.column("cluster").combine_chunks(), names)
    columns = (table.column(name).to_pylist() for name in ("documents", "removed"))
    yield from zip(names.to_pylist(), *columns, strict=True)


def _words(ids: pa.ChunkedArray) -> UInt64s:
    return np.concatenate([np.empty((0, 2), np.uint64), *map(id_words, ids.chunks)])


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
