"""Finished corpora changed afterwards, with a manifest that agrees: only contents tell."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import xxhash

from haybale.corpus.manifest import read_manifest, write_manifest
from haybale.corpus.pending import FileRecord
from haybale.corpus.shards import read_format, token_batch, write_index, write_shard
from haybale.corpus.storage import Folder

Document = tuple[bytes, list[int]]
"""An id and its tokens."""


def forge_table(corpus: Path, path: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """Write a file's table anew, and its size and digest into the manifest."""
    folder = Folder(str(corpus))
    old = pa.ipc.open_file(folder.open(path)).read_all()
    new = change(old).combine_chunks()
    with (
        folder.commit(path) as pending,
        pa.ipc.new_file(pa.PythonFile(pending), old.schema) as writer,
    ):
        writer.write_table(new.cast(old.schema))
    sign(corpus, path)


def forge_rows(corpus: Path, path: str, change: Callable[[list[dict]], list[dict]]) -> None:
    """The same, row by row."""
    forge_table(
        corpus, path, lambda old: pa.Table.from_pylist(change(old.to_pylist()), schema=old.schema)
    )


def forge_shard(
    corpus: Path, shard: str, change: Callable[[list[Document]], list[Document]]
) -> None:
    """Write a shard anew, and what follows from it into index and manifest."""
    folder = Folder(str(corpus))
    reader = pa.ipc.open_file(folder.open(shard))
    schema, old = reader.schema, reader.read_all()
    rows = old.to_pylist()
    new = change([(row["doc_id"], row["tokens"]) for row in rows])
    lengths = [len(tokens) for _, tokens in new]
    batch = token_batch(
        schema,
        pa.array([doc_id for doc_id, _ in new], pa.binary(16)),
        np.r_[0, np.cumsum(lengths)].astype(np.int64),
        np.concatenate([tokens for _, tokens in new]).astype(read_format(schema, shard).dtype),
    )
    _, index_rows = write_shard(folder, shard, schema, [batch])
    index = pa.ipc.open_file(folder.open("shards/index.arrow")).read_all()
    others = index.to_pylist()
    at = [row["shard"] for row in others].index(shard)
    kept = [row for row in others if row["shard"] != shard]
    write_index(
        folder, [pa.Table.from_pylist(kept[:at] + index_rows.to_pylist() + kept[at:], index.schema)]
    )
    manifest = read_manifest(folder)
    _, split, subset, _ = shard.split("/")
    counts = manifest.totals[split][subset]
    counts["documents"] += len(new) - len(rows)
    counts["tokens"] += sum(lengths) - sum(len(row["tokens"]) for row in rows)
    write_manifest(folder, manifest)
    sign(corpus, shard)
    sign(corpus, "shards/index.arrow")


def sign(corpus: Path, path: str) -> None:
    """Write a file's size and digest, as they are now, into the manifest."""
    folder, data = Folder(str(corpus)), (corpus / path).read_bytes()
    record = FileRecord(path, len(data), xxhash.xxh3_128_hexdigest(data))
    manifest = read_manifest(folder)
    files = tuple(record if file.path == path else file for file in manifest.files)
    write_manifest(folder, replace(manifest, files=files))
