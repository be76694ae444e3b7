"""Token shards without the documents that are taken down: those that hold any are rewritten."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import id_bytes, open_arrow
from haybale.corpus.indexed_shards import IndexedShard, indexed_shards
from haybale.corpus.pending import FileRecord
from haybale.corpus.shards import INDEX, read_index, write_index, write_shard
from haybale.corpus.takedowns import TAKEDOWN_FOLDER
from haybale.corpus.tokenizer_file import tokenizer_path
from haybale.pipeline.rows.tables import read_rows, write_rows
from haybale.pipeline.takedown.ids import Ids, are_in
from haybale.pipeline.takedown.located import Located
from haybale.pipeline.takedown.work import Exchange, Work
from haybale.pipeline.units.steps import UnitResult, do_unit
from haybale.tokenization.tally import PieceKinds
from haybale.tokenization.tokenizer import read_tokenizer

Int64s = npt.NDArray[np.int64]

TAKEN_TOKENS = np.dtype(
    [("id", "S16"), ("split", "S16")]
    + [(name, "i8") for name in ("start", "tokens", "newline", "byte", "unknown")]
)
"""A document that left a shard: its split, its first token there, how many it had, and how many of
these were byte pieces for line ends, other byte pieces, and the unknown one."""


@dataclass(frozen=True)
class TakenTokens:
    """What left the shards.

    Attributes:
        before: The shards as they were.
        index: `shards/index.arrow` of the corpus to be.
        by_shard: Of each rewritten shard TAKEN_TOKENS, in its order.
        pieces: By subset: int64[vocabulary], how often what left used each id.
    """

    before: list[IndexedShard]
    index: pa.Table
    by_shard: dict[str, npt.NDArray[np.void]]
    pieces: dict[str, Int64s]

    @property
    def documents(self) -> npt.NDArray[np.void]:
        """TAKEN_TOKENS of all shards, sorted by id."""
        found = np.concatenate([np.empty(0, TAKEN_TOKENS), *self.by_shard.values()])
        return found[np.argsort(found["id"], kind="stable")]


def rewrite_shards(work: Work, located: Located, exchange: Exchange) -> TakenTokens:
    """Rewrite the shards that hold any of the documents, one in memory by record batches.

    A shard that is left without a document goes; the others keep their names.
    """
    index = read_index(work.folder)
    before = indexed_shards(index)
    paths = index.column("shard").take(pa.array(located.token_batch[located.in_corpus]))
    held = Counter(paths.to_pylist())
    gone = located.ids[located.in_corpus]
    kinds = _kinds(work)
    by_shard: dict[str, npt.NDArray[np.void]] = {}
    pieces: dict[str, Int64s] = {}
    tables, done = [], 0
    mine = [shard for shard in before if shard.path in held]
    with work.progress.watch("shards", lambda: (done, len(mine))):
        for shard in before:
            if shard.path not in held:
                tables.append(shard.rows)
                continue
            unit = shard.path.removeprefix("shards/").removesuffix(".arrow")
            stem = f"{TAKEDOWN_FOLDER}/shards/{unit}"
            result = do_unit(
                work.folder,
                work.step("shards"),
                unit,
                partial(_rewrite, work, shard, gone, held[shard.path], kinds, stem),
            )
            exchange.add(*result.files)
            if not result.files:
                exchange.gone.add(shard.path)
            tables.append(pa.Table.from_pylist(result.facts["index"], schema=INDEX))
            by_shard[shard.path] = read_rows(work.folder, f"{stem}.taken.npy")
            counts = read_rows(work.folder, f"{stem}.pieces.npy").view(np.int64)
            pieces[shard.subset] = pieces.get(shard.subset, np.zeros_like(counts)) + counts
            done += 1
    new_index = pa.concat_tables([INDEX.empty_table(), *tables]).combine_chunks()
    if mine:
        exchange.add(write_index(work.new, tables))
    return TakenTokens(before, new_index, by_shard, pieces)


def _kinds(work: Work) -> npt.NDArray[np.uint8]:
    """uint8[vocabulary], see `PieceKinds`; all plain where the corpus has no tokenizer."""
    if not work.has(tokenizer_path(work.folder)):
        return np.zeros(work.manifest.tokens.vocabulary_size, np.uint8)
    work.check(tokenizer_path(work.folder))
    return PieceKinds(read_tokenizer(work.folder)).by_id


def _rewrite(
    work: Work,
    shard: IndexedShard,
    gone: Ids,
    num_gone: int,
    kinds: npt.NDArray[np.uint8],
    stem: str,
) -> UnitResult:
    work.check(shard.path)
    reader = open_arrow(work.folder, shard.path)
    taken = [np.empty(0, TAKEN_TOKENS)]
    pieces = np.zeros(len(kinds), np.int64)

    def left() -> Any:
        before = 0
        for number in range(reader.num_record_batches):
            batch = reader.get_batch(number)
            goes = are_in(id_bytes(batch.column("doc_id")), gone)
            offsets = batch.column("tokens").offsets.to_numpy().astype(np.int64)
            if goes.any():
                taken.append(_taken(batch.filter(pa.array(goes)), kinds, pieces))
                taken[-1]["split"] = shard.split.encode()
                taken[-1]["start"] = before + offsets[:-1][goes]
            before += int(offsets[-1])
            yield batch.filter(pa.array(~goes)) if goes.any() else batch

    files: tuple[FileRecord, ...] = ()
    rows = INDEX.empty_table()
    if shard.num_documents > num_gone:
        record, rows = write_shard(work.new, shard.path, reader.schema, left())
        files = (record,)
    else:
        for _ in left():
            pass
    write_rows(work.folder, f"{stem}.taken.npy", np.concatenate(taken))
    write_rows(work.folder, f"{stem}.pieces.npy", pieces)
    return UnitResult(files, facts={"index": rows.to_pylist()})


def _taken(
    documents: pa.RecordBatch, kinds: npt.NDArray[np.uint8], pieces: Int64s
) -> npt.NDArray[np.void]:
    """TAKEN_TOKENS of documents, but for their places; their pieces are added up."""
    lengths = documents.column("tokens").value_lengths().to_numpy(zero_copy_only=False)
    values = documents.column("tokens").flatten().to_numpy()
    pieces += np.bincount(values, minlength=len(pieces))
    found = np.zeros(len(lengths), TAKEN_TOKENS)
    found["id"], found["tokens"] = id_bytes(documents.column("doc_id")), lengths
    starts = np.cumsum(lengths, dtype=np.int64) - lengths
    for number, name in enumerate(("newline", "byte", "unknown"), 1):
        found[name] = np.add.reduceat((kinds[values] == number).astype(np.int64), starts)
    return found
