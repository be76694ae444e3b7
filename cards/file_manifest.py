"""card/manifest.jsonl: every file a corpus was made from, and every file it is."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from haybale.corpus.pending import FileRecord
from haybale.corpus.shards import INDEX_PATH, read_index
from haybale.corpus.storage import Folder

ShardCounts = Mapping[str, tuple[int, int]]
"""Path of a shard to its documents and tokens."""


def file_manifest(
    lineage: Mapping[str, Any], files: Sequence[FileRecord], shards: ShardCounts
) -> bytes:
    """A line of JSON for each file: inputs by subset and name, then the corpus's own by path.

    Keys are kind (`input`, `shard` or `file`), path, bytes and digest (xxh3-128 in hex); of inputs
    subset, of shards documents and tokens. Paths of inputs are relative to what the recipe names.

    Args:
        lineage: Of the corpus: `inputs` names them.
        files: Of the corpus.
        shards: What is in them.
    """
    rows = [*_inputs(lineage), *_outputs(files, shards)]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8")


def shard_counts(corpus: Folder, files: Sequence[FileRecord]) -> ShardCounts:
    """Documents and tokens of each shard, from their index; none where the corpus has no index."""
    if all(file.path != INDEX_PATH for file in files):
        return {}
    index = read_index(corpus)
    sums = index.group_by("shard").aggregate([("rows", "sum"), ("tokens", "sum")])
    columns = (sums.column(name).to_pylist() for name in ("shard", "rows_sum", "tokens_sum"))
    return {path: (rows, tokens) for path, rows, tokens in zip(*columns, strict=True)}


def _inputs(lineage: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for subset, files in sorted(lineage["inputs"].items()):
        for file in sorted(files, key=lambda each: str(each["name"])):
            yield {
                "kind": "input",
                "path": file["name"],
                "bytes": file["bytes"],
                "digest": file["digest"],
                "subset": subset,
            }


def _outputs(files: Sequence[FileRecord], shards: ShardCounts) -> Iterator[dict[str, Any]]:
    for file in sorted(files, key=lambda each: each.path):
        kind = "shard" if file.path in shards else "file"
        row = {"kind": kind, **file.as_json()}
        if file.path in shards:
            row["documents"], row["tokens"] = shards[file.path]
        yield row
