"""Writes the lists of ids beside the card; see `haybale.corpus.id_lists`.

Every document that was read is in exactly one of the first two. Parts and shards are read one after
the other, so memory does not grow with the corpus.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import arrow_batches, id_bytes
from haybale.corpus.errors import HaybaleError
from haybale.corpus.id_lists import (
    CUTS,
    CUTS_DIGEST,
    CUTS_PATH,
    KEPT,
    KEPT_PATH,
    REMOVED,
    REMOVED_PATH,
)
from haybale.corpus.pending import FileRecord
from haybale.corpus.removals import removed_later
from haybale.corpus.storage import Folder, read_parsed
from haybale.corpus.text_history import CUTTING
from haybale.pipeline.context import BuildContext
from haybale.pipeline.jobs.part_records import PartRecords, read_records, records_before
from haybale.pipeline.jobs.tokenize import PLAN_PATH as SHARD_PLAN_PATH
from haybale.pipeline.kept.cuts import cuts_path
from haybale.pipeline.kept.signatures import signatures_path
from haybale.pipeline.kept.split_names import FAMILY, read_groups
from haybale.pipeline.kept.survivors import surviving_rows
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.rows.parquet_stream import open_parquet
from haybale.pipeline.rows.tables import read_table

Int64s = npt.NDArray[np.int64]


def write_id_lists(context: BuildContext) -> tuple[FileRecord, ...]:
    """Write `card/ids/`: the kept, the removed and, where text was cut, the cuts.

    Raises:
        HaybaleError: If kept and removed do not add up to what was read.
    """
    before = records_before(context.folder, context.parts)
    cuts = _write_cuts(context) if _may_cut(context) else ()
    kept, num_kept = _write_kept(context, before, cuts)
    removed, num_removed, num_read = _write_removed(context, before)
    if num_kept + num_removed != num_read:
        raise HaybaleError(
            f"{num_read} documents read, but {num_kept} kept and {num_removed} removed; this is a "
            "defect of haybale, nothing was published: please report it"
        )
    return kept, removed, *cuts


def _may_cut(context: BuildContext) -> bool:
    recipe = context.loaded.recipe
    listed = recipe.ids is not None and recipe.ids.cuts is not None
    return listed or recipe.repeats is not None or recipe.decontaminate is not None


def _write_kept(
    context: BuildContext, before: list[int], cuts: tuple[FileRecord, ...]
) -> tuple[FileRecord, int]:
    schema = KEPT.with_metadata(
        {**(KEPT.metadata or {}), CUTS_DIGEST: cuts[0].digest if cuts else ""}
    )
    with open_parquet(context.folder, KEPT_PATH, schema) as stream:
        for table in _kept(context, before):
            stream.write(table.replace_schema_metadata(schema.metadata))
    return stream.record(), stream.num_rows


def _kept(context: BuildContext, before: list[int]) -> Iterator[pa.Table]:
    """KEPT, a run of a part's documents in a shard at a time."""
    folder, read = context.folder, _OnePart(context.folder, before)
    for shard in read_parsed(folder, SHARD_PLAN_PATH):
        doc_ids = pa.concat_arrays(
            [batch.column("doc_id") for batch in arrow_batches(folder, shard["path"], ["doc_id"])]
        )
        start = 0
        for piece in shard["pieces"]:
            mine = doc_ids.slice(start, piece["rows"])
            start += piece["rows"]
            part = context.parts[piece["part"]]
            records, families = read.of(part)
            places = records.find(id_bytes(mine))
            columns = [
                mine,
                pa.repeat(pa.scalar(part.subset), len(mine)),
                pa.repeat(pa.scalar(shard["split"]), len(mine)),
                pa.array([families.get(name) for name in mine.to_pylist()], pa.binary(16)),
                records.files.take(pa.array(places)),
                pa.array(records.records[places]),
            ]
            yield pa.Table.from_arrays(columns, schema=KEPT)


class _OnePart:
    """The records and families of the part that was asked for last."""

    def __init__(self, folder: Folder, before: list[int]) -> None:
        self._folder, self._before = folder, before
        self._found: tuple[str, tuple[PartRecords, dict[bytes, bytes]]] | None = None

    def of(self, part: Part) -> tuple[PartRecords, dict[bytes, bytes]]:
        """Of this part: its records, and the family of each document that has one."""
        if self._found is None or self._found[0] != part.name:
            path = f"dedup/clusters/{part.name}.arrow"
            there = self._folder.exists(path)
            families = read_groups(self._folder, path, "survivor", FAMILY) if there else {}
            records = read_records(self._folder, part, self._before[part.number])
            self._found = part.name, (records, families)
        return self._found[1]


def _write_removed(context: BuildContext, before: list[int]) -> tuple[FileRecord, int, int]:
    """Also: how many were removed, and how many were read."""
    num_read = 0
    with open_parquet(context.folder, REMOVED_PATH, REMOVED) as stream:
        for part in context.parts:
            records = read_records(context.folder, part, before[part.number])
            num_read += len(records.records)
            stream.write(_removed(part, records, removed_later(context.folder, part.name)))
    return stream.record(), stream.num_rows, num_read


def _removed(part: Part, records: PartRecords, later: pa.Table) -> pa.Table:
    """REMOVED of a part: who was dropped by ingest, or removed by the stages after it."""
    rules = np.array(records.reasons.to_pylist(), object)
    stages, survivors = np.full((2, len(rules)), None, object)
    stages[rules != None] = "ingest"  # noqa: E711, element by element
    places = records.find(id_bytes(later.column("doc_id").combine_chunks()))
    for column, name in ((stages, "stage"), (rules, "rule"), (survivors, "survivor")):
        column[places] = later.column(name).to_pylist()
    rows = np.flatnonzero(stages != None)  # noqa: E711
    columns = [
        records.doc_ids.take(pa.array(rows)),
        pa.repeat(pa.scalar(part.subset), len(rows)),
        pa.array(stages[rows], pa.string()),
        pa.array(rules[rows], pa.string()),
        pa.array(survivors[rows], pa.binary(16)),
        records.files.take(pa.array(rows)),
        pa.array(records.records[rows]),
    ]
    return pa.Table.from_arrays(columns, schema=REMOVED)


def _write_cuts(context: BuildContext) -> tuple[FileRecord, ...]:
    with open_parquet(context.folder, CUTS_PATH, CUTS) as stream:
        for part in context.parts:
            stream.write(_cuts(context.folder, part))
    return (stream.record(),)


def _cuts(folder: Folder, part: Part) -> pa.Table:
    """CUTS of a part's documents that are in the corpus."""
    table = read_table(folder, signatures_path(part.name), ["doc_id"])
    doc_ids = table.column("doc_id").combine_chunks()
    stays = surviving_rows(folder, part.name, table.num_rows)
    records = read_records(folder, part, 0)
    files = records.files.take(pa.array(records.find(id_bytes(doc_ids))))
    found, places = [CUTS.empty_table()], [np.empty((2, 0), np.int64)]
    for number, stage in enumerate(CUTTING):
        if not folder.exists(cuts_path(stage, part.name)):
            continue
        edits = read_table(folder, cuts_path(stage, part.name))
        edits = edits.filter(pa.array(stays[edits.column("row").to_numpy()]))
        rows = edits.column("row").to_numpy()
        columns = {
            **{name: edits.column(name) for name in edits.column_names},
            "doc_id": doc_ids.take(pa.array(rows)),
            "subset": pa.repeat(pa.scalar(part.subset), len(rows)),
            "file": files.take(pa.array(rows)),
            "stage": pa.repeat(pa.scalar(stage), len(rows)),
        }
        found.append(pa.Table.from_arrays([columns[name] for name in CUTS.names], schema=CUTS))
        places.append(np.stack([np.full(len(rows), number), rows]))
    # By document, then stage; each stage has a document's cuts in order, and the sort is stable.
    return pa.concat_tables(found).take(pa.array(np.lexsort(np.concatenate(places, axis=1))))
