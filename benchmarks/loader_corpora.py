"""Tokens to load, and corpora of them, written through the same code as a build."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.digests import digest, document_ids
from haybale.corpus.manifest import Manifest, write_manifest
from haybale.corpus.pending import FileRecord
from haybale.corpus.shards import TokenFormat, token_batch, tokens_schema, write_index, write_shard
from haybale.corpus.storage import Folder

EOS = 1
TOKEN_FORMAT = TokenFormat("0" * 32, 32_000, -1, EOS, 0)
SHARD_TOKENS = 1 << 24
KINDS_OF_PARTS = ("documents", "measures", "edits")
"""Files that a manifest names beside shards; one of each for every shard, give or take."""


@dataclass(frozen=True)
class Tokens:
    """Documents, one after the other.

    Attributes:
        ids: uint16[tokens].
        offsets: int64[documents + 1], where they begin and where the last one ends.
    """

    ids: npt.NDArray[np.uint16]
    offsets: npt.NDArray[np.int64]


def make_tokens(num_tokens: int, seed: int = 0, log_length: float = 6.0) -> Tokens:
    """Ids with Zipf's frequencies in documents of log-normal length, each ended by EOS.

    Args:
        num_tokens: Of all documents.
        seed: Of both.
        log_length: Mean of the logarithm of a document's tokens.
    """
    generator = np.random.default_rng(seed)
    ids = np.minimum(generator.zipf(1.2, num_tokens) + EOS, 31_999).astype(np.uint16)
    num_lengths = 100 + int(num_tokens / math.exp(log_length))  # their mean is twice the median
    lengths = np.maximum(2, generator.lognormal(log_length, 1.2, num_lengths)).astype(np.int64)
    ends = np.cumsum(lengths)
    ends = np.append(ends[ends < num_tokens - 1], num_tokens)
    ids[ends - 1] = EOS
    return Tokens(ids, np.concatenate([[0], ends]))


def write_shards(
    folder: Folder, subset: str, tokens: Tokens, shard_tokens: int = SHARD_TOKENS
) -> tuple[list[FileRecord], list[pa.Table]]:
    """One subset's training shards: their files, and their rows of the index."""
    schema, files, tables = tokens_schema(TOKEN_FORMAT, subset, "train"), [], []
    cuts = np.searchsorted(tokens.offsets, np.arange(0, len(tokens.ids), shard_tokens)).tolist()
    ends = [*cuts[1:], len(tokens.offsets) - 1]
    for number, (first, last) in enumerate(zip(cuts, ends, strict=True)):
        doc_ids = document_ids(subset, "made", range(first, last))
        piece = token_batch(schema, doc_ids, tokens.offsets[first : last + 1], tokens.ids)
        name = f"shards/train/{subset}/{number:05d}.arrow"
        record, table = write_shard(folder, name, schema, [piece])
        files.append(record)
        tables.append(table)
    return files, tables


def write_corpus(
    path: Path,
    subsets: Mapping[str, Tokens],
    weights: Mapping[str, float] | None = None,
    shard_tokens: int = SHARD_TOKENS,
) -> Path:
    """A corpus of these training documents by subset; weights are even unless given."""
    folder, files, tables = Folder(str(path)), [], []
    totals: dict[str, dict[str, int]] = {}
    for subset in sorted(subsets):
        written, rows = write_shards(folder, subset, subsets[subset], shard_tokens)
        files += written
        tables += rows
        totals[subset] = {
            "documents": len(subsets[subset].offsets) - 1,
            "text_bytes": 0,
            "tokens": len(subsets[subset].ids),
            "shards": len(written),
        }
    files.append(write_index(folder, tables))
    finish(folder, totals, weights or dict.fromkeys(subsets, 1 / len(subsets)), files)
    return path


def finish(
    folder: Folder,
    train_totals: dict[str, dict[str, int]],
    weights: Mapping[str, float],
    files: list[FileRecord],
    recipe: dict[str, Any] | None = None,
) -> None:
    """Write the manifest: from now on it is a corpus."""
    totals = {"train": train_totals, "validation": {}}
    content = Manifest("made", recipe or {}, {}, totals, dict(weights), TOKEN_FORMAT, tuple(files))
    write_manifest(folder, content)


def write_repeated(path: Path, shard: Path, rows: pa.Table, num_shards: dict[str, int]) -> None:
    """A corpus of any size, each of whose shards is a hard link to the same file.

    Args:
        path: The corpus, on the same disk as the shard.
        shard: A shard that `write_shards` wrote.
        rows: Its rows of the index.
        num_shards: By subset.
    """
    folder, tables, files, totals = Folder(str(path)), [], [], {}
    num_bytes, num_rows = shard.stat().st_size, len(rows)
    for subset in sorted(num_shards):
        count = num_shards[subset]
        (path / "shards" / "train" / subset).mkdir(parents=True)
        names = [f"shards/train/{subset}/{number:05d}.arrow" for number in range(count)]
        for name in names:
            (path / name).hardlink_to(shard)
        columns = {
            field.name: np.tile(rows.column(field.name).to_numpy(zero_copy_only=False), count)
            for field in rows.schema
        }
        columns["shard"] = np.repeat(names, num_rows)
        columns["subset"] = np.repeat(subset, num_rows * count)
        tables.append(pa.table(columns, schema=rows.schema))
        files += [FileRecord(name, num_bytes, digest(name.encode())) for name in names]
        totals[subset] = {
            "documents": count * int(rows.column("rows").to_numpy().sum()),
            "text_bytes": 0,
            "tokens": count * int(rows.column("tokens").to_numpy().sum()),
            "shards": count,
        }
    files += [
        FileRecord(name, num_bytes, digest(name.encode()))
        for part in range(sum(num_shards.values()))
        for name in (f"{kind}/{part:07d}.arrow" for kind in KINDS_OF_PARTS)
    ]
    files.append(write_index(folder, tables))
    whole = sum(num_shards.values())
    finish(folder, totals, {name: count / whole for name, count in num_shards.items()}, files)
