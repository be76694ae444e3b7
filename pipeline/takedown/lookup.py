"""The index of documents after a takedown: where the documents that stay now begin.

Ids are hashes, so the documents of one rewritten shard are in every range of the index: it is read
through, 64 bytes for each document that was ever read, and ranges where something moved are
written anew.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import id_bytes, open_arrow
from haybale.corpus.lookup_tables import BATCH_ROWS, DOCUMENTS_FOLDER, PLACES
from haybale.corpus.shards import read_index
from haybale.pipeline.rows.tables import open_table
from haybale.pipeline.takedown.ids import Ids, are_in
from haybale.pipeline.takedown.shards import TakenTokens
from haybale.pipeline.takedown.work import Exchange, Work
from haybale.pipeline.units.steps import UnitResult, do_unit

Int64s = npt.NDArray[np.int64]


def rewrite_lookup(work: Work, gone: Ids, taken: TakenTokens, exchange: Exchange) -> None:
    """Write the ranges anew in which a document moved or left the shards.

    Args:
        work: The takedown.
        gone: Documents that left the shards.
        taken: Their tokens.
        exchange: Told what was written.
    """
    prefix = f"{DOCUMENTS_FOLDER}/"
    paths = [record.path for record in work.manifest.files if record.path.startswith(prefix)]
    if not paths or not taken.by_shard:
        return
    moves, done = _Moves.of(read_index(work.folder), taken), 0
    with work.progress.watch("index of documents", lambda: (done, len(paths))):
        for path in paths:
            unit = path.removeprefix(prefix).removesuffix(".arrow")
            result = do_unit(
                work.folder,
                work.step("lookup"),
                unit,
                partial(_rewrite, work, path, gone, moves),
            )
            exchange.add(*result.files)
            done += 1


def _rewrite(work: Work, path: str, gone: Ids, moves: "_Moves") -> UnitResult:
    work.check(path)
    table = open_arrow(work.folder, path).read_all().combine_chunks()
    columns = {name: table.column(name).to_numpy() for name in ("token_batch", "start", "tokens")}
    ids = id_bytes(table.column("doc_id").combine_chunks())
    batches, starts = moves.moved(columns["token_batch"], columns["start"])
    leaves = are_in(ids, gone) & (columns["token_batch"] >= 0)
    after = {
        "token_batch": np.where(leaves, -1, batches).astype(np.int32),
        "start": np.where(leaves, -1, starts),
        "tokens": np.where(leaves, -1, columns["tokens"]),
    }
    if all(np.array_equal(after[name], columns[name]) for name in after):
        return UnitResult()
    for name, values in after.items():
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(name), pa.array(values))
    with open_table(work.new, path, PLACES, compressed=False) as writer:
        for batch in table.to_batches(max_chunksize=BATCH_ROWS):
            writer.write(batch)
    return UnitResult((writer.record(),))


@dataclass(frozen=True)
class _Moves:
    """From rows of the old index of shards to those of the new one.

    Attributes:
        shard_of_row: int64[old rows].
        first_new: int64[shards]: a shard's first row of the new index.
        first_old: int64[shards]: likewise of the old one.
        changed: By number of a rewritten shard: where what left began, rising; how many tokens had
            left before each of these, and in the end; where its new record batches end.
    """

    shard_of_row: Int64s
    first_new: Int64s
    first_old: Int64s
    changed: dict[int, tuple[Int64s, Int64s, Int64s]]

    @classmethod
    def of(cls, index: pa.Table, taken: TakenTokens) -> "_Moves":
        """From the old index and what left its shards."""
        old_counts = [shard.rows.num_rows for shard in taken.before]
        new_paths = taken.index.column("shard").to_pylist()
        new_tokens = taken.index.column("tokens").to_numpy()
        rows_of: dict[str, list[int]] = {}
        for row, path in enumerate(new_paths):
            rows_of.setdefault(path, []).append(row)
        first_new, changed, at = [], {}, 0
        for number, shard in enumerate(taken.before):
            rows = rows_of.get(shard.path, [])
            first_new.append(at)
            at += len(rows)
            if shard.path in taken.by_shard:
                left = taken.by_shard[shard.path]
                changed[number] = (
                    left["start"].astype(np.int64),
                    np.append(0, np.cumsum(left["tokens"])),
                    np.cumsum(new_tokens[rows]),
                )
        assert index.num_rows == sum(old_counts)
        first_old = np.cumsum([0, *old_counts[:-1]])
        numbers = np.repeat(np.arange(len(old_counts)), old_counts)
        return cls(numbers, np.array(first_new, np.int64), first_old, changed)

    def moved(self, batches: Int64s, starts: Int64s) -> tuple[Int64s, Int64s]:
        """New rows and starts of documents, -1 for who was in no shard."""
        there = batches >= 0
        new_batches, new_starts = np.full(len(batches), -1, np.int64), starts.copy()
        shards = self.shard_of_row[batches[there]]
        rows = self.first_new[shards] + batches[there] - self.first_old[shards]
        moved = starts[there].copy()
        for number in np.intersect1d(shards, list(self.changed)).tolist():
            mine = shards == number
            left, before, ends = self.changed[number]
            moved[mine] -= before[np.searchsorted(left, moved[mine])]
            rows[mine] = self.first_new[number] + np.searchsorted(ends, moved[mine], side="right")
        new_batches[there], new_starts[there] = rows, moved
        return new_batches, new_starts
