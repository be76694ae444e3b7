"""Whether every record batch of a shard is what the index says, and holds whole documents."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.errors import CorruptShardError, HaybaleError
from haybale.corpus.indexed_shards import IndexedShard
from haybale.corpus.manifest import MANIFEST_PATH
from haybale.corpus.shards import INDEX_PATH, batch_buffers, batch_digest, read_format
from haybale.corpus.verification.report import Checking

Offsets = npt.NDArray[np.int64]
Take = Callable[[IndexedShard, pa.RecordBatch, Offsets, int], None]
"""Given a sound record batch: its shard, the batch, offsets of its documents, and the tokens of the
shard before it."""


def check_totals(checking: Checking, shards: list[IndexedShard]) -> None:
    """The index adds up to the manifest's totals, and names the manifest's shards."""
    found: dict[tuple[str, str], tuple[int, int, int]] = {}
    for shard in shards:
        counts = found.get((shard.split, shard.subset), (0, 0, 0))
        more = (shard.num_documents, shard.num_tokens, 1)
        one, two, three = (count + new for count, new in zip(counts, more, strict=True))
        found[shard.split, shard.subset] = (one, two, three)
    expected = {
        (split, subset): tuple(counts[name] for name in ("documents", "tokens", "shards"))
        for split, subsets in checking.manifest.totals.items()
        for subset, counts in subsets.items()
    }
    for split, subset in sorted(found.keys() | expected.keys()):
        says, has = (counts.get((split, subset), (0, 0, 0)) for counts in (expected, found))
        if says != has:
            checking.problem(
                INDEX_PATH,
                f"{split}/{subset} has (documents, tokens, shards) {has}, the manifest says {says}",
            )
    named = {record.path for record in checking.manifest.files}
    for shard in shards:
        if shard.path not in named:
            checking.problem(MANIFEST_PATH, f"does not name {shard.path}, which the index has")


def check_shards(checking: Checking, shards: list[IndexedShard], take: Take) -> None:
    """Check every shard that is what the manifest says; others are known to be damaged."""
    for shard in shards:
        if shard.path not in checking.damaged:
            try:
                _check_shard(checking, shard, take)
            except (HaybaleError, pa.ArrowException, OSError) as error:
                checking.damaged.add(shard.path)
                checking.problem(shard.path, str(error), "shards with unsound record batches")


def _check_shard(checking: Checking, shard: IndexedShard, take: Take) -> None:
    checking.progress(shard.path, 0)
    file = checking.folder.open(shard.path).read_buffer()
    reader = pa.ipc.open_file(file)
    if read_format(reader.schema, shard.path) != checking.manifest.tokens:
        raise CorruptShardError("its tokenizer is not the manifest's")
    said = {key: reader.schema.metadata[key.encode()].decode() for key in ("split", "subset")}
    if said != {"split": shard.split, "subset": shard.subset}:
        raise CorruptShardError(f"it says {said}, the index {shard.split}/{shard.subset}")
    rows = shard.rows.to_pylist()
    if reader.num_record_batches != len(rows):
        raise CorruptShardError(
            f"has {reader.num_record_batches} record batches, the index names {len(rows)}"
        )
    before = 0
    for row in rows:
        batch = reader.get_batch(row["batch"])
        try:
            offsets = _check_place(batch, row, file)
            _check_tokens(checking, batch, row, offsets)
        except CorruptShardError as error:
            raise CorruptShardError(f"record batch {row['batch']}: {error}") from None
        take(shard, batch, offsets, before)
        before += row["tokens"]


def _check_place(batch: pa.RecordBatch, row: dict[str, Any], file: pa.Buffer) -> Offsets:
    """The batch is where the index says, and its offsets divide its tokens into documents."""
    buffers, num_tokens = batch_buffers(batch), len(batch.column("tokens").values)
    found = {
        "rows": batch.num_rows,
        "tokens": num_tokens,
        "doc_ids_position": buffers[0].address - file.address,
        "offsets_position": buffers[1].address - file.address,
        "values_position": buffers[2].address - file.address,
        "shard_bytes": file.size,
    }
    for name, value in found.items():
        if row[name] != value:
            raise CorruptShardError(f"its {name} is {value}, the index says {row[name]}")
    offsets = np.frombuffer(buffers[1], np.int32, batch.num_rows + 1).astype(np.int64)
    if offsets[0] != 0 or offsets[-1] != num_tokens or (np.diff(offsets) < 1).any():
        raise CorruptShardError(f"its offsets do not rise from 0 to its {num_tokens} tokens")
    return offsets


def _check_tokens(
    checking: Checking, batch: pa.RecordBatch, row: dict[str, Any], offsets: Offsets
) -> None:
    """Documents end with EOS; on full verification also that ids are of the vocabulary."""
    values = batch.column("tokens").values.to_numpy()
    tokens = checking.manifest.tokens
    if (values[offsets[1:] - 1] != tokens.eos_id).any():
        raise CorruptShardError("a document does not end with EOS")
    if not checking.full:
        return
    if batch_digest(batch) != row["digest"]:
        raise CorruptShardError("its digest is not the index's")
    if values.size and int(values.max()) >= tokens.vocabulary_size:
        raise CorruptShardError(
            f"an id is {values.max()}, beyond the vocabulary of {tokens.vocabulary_size}"
        )
    inner = int((values == tokens.eos_id).sum()) - batch.num_rows
    if inner and checking.has("documents/"):  # what was imported may have been cut otherwise
        raise CorruptShardError(f"EOS stands within documents, {inner} times")
