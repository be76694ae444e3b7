"""Makes small corpora through the same writers that a build uses."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from haybale.corpus.digests import document_ids
from haybale.corpus.indexed_shards import indexed_shards
from haybale.corpus.manifest import Manifest, write_manifest
from haybale.corpus.packing import PackingKind, write_packing
from haybale.corpus.packing_index import PackedShard, write_packing_index
from haybale.corpus.shards import (
    Regrouper,
    TokenFormat,
    read_index,
    token_batch,
    tokens_schema,
    write_index,
    write_shard,
)
from haybale.corpus.storage import Folder
from haybale.tokenization.packing import PACKERS

EOS = 1
Documents = Sequence[Sequence[int]]
Corpus = Callable[..., Path]


def _piece(
    schema: pa.Schema, subset: str, first: int, documents: Documents, token_format: TokenFormat
) -> pa.RecordBatch:
    ids = document_ids(subset, "made", range(first, first + len(documents)))
    offsets = np.cumsum([0, *map(len, documents)]).astype(np.int64)
    values = np.concatenate([np.asarray(document) for document in documents])
    return token_batch(schema, ids, offsets, values.astype(token_format.dtype))


def write_corpus(
    path: Path,
    subsets: Mapping[str, Sequence[Documents]],
    weights: Mapping[str, float] | None = None,
    vocabulary_size: int = 32_000,
    split: str = "train",
    packings: Sequence[tuple[PackingKind, int]] = (),
    packing_index: bool = True,
) -> Path:
    """A corpus from {subset: [documents of a shard, ...]}; each document should end with EOS.

    Validation has one shard per subset, the last of `subsets`' shards, where `split` is "both".
    """
    token_format = TokenFormat("0" * 32, vocabulary_size, -1, EOS, 0)
    folder, files, tables = Folder(path), [], []
    totals: dict[str, dict[str, dict[str, int]]] = {"train": {}, "validation": {}}
    rows = []
    for subset, shards in subsets.items():
        first = 0
        for number, documents in enumerate(shards):
            of_validation = split == "both" and number == len(shards) - 1
            of_split = "validation" if of_validation else "train" if split == "both" else split
            rows.append((of_split, subset, number, first, documents))
            first += len(documents)
    for of_split, subset, number, first, documents in sorted(rows, key=lambda row: row[:3]):
        schema = tokens_schema(token_format, subset, of_split)
        piece = _piece(schema, subset, first, documents, token_format)
        name = f"shards/{of_split}/{subset}/{number:05d}.arrow"
        record, table = write_shard(folder, name, schema, [piece])
        files.append(record)
        tables.append(table)
        num_tokens = sum(map(len, documents))
        counts = totals[of_split].setdefault(
            subset, {"documents": 0, "text_bytes": 0, "tokens": 0, "shards": 0}
        )
        counts["documents"] += len(documents)
        counts["text_bytes"] += 4 * num_tokens
        counts["tokens"] += num_tokens
        counts["shards"] += 1
    files.append(write_index(folder, tables))
    packed: list[PackedShard] = []
    for shard in indexed_shards(read_index(folder)):
        for kind, length in packings:
            packing = PACKERS[kind](shard.document_offsets(folder), length)
            files.append(write_packing(folder, packing, shard))
            numbers = packing.num_sequences, packing.num_tokens
            packed.append(PackedShard(kind, length, shard.path, *numbers))
    if packed and packing_index:
        files.append(write_packing_index(folder, packed))
    if weights is None:
        weights = {subset: 1 / len(subsets) for subset in subsets}
    manifest = Manifest("made", {}, {}, totals, dict(weights), token_format, tuple(files))
    write_manifest(folder, manifest)
    return path


def numbered_documents(
    num_documents: int, seed: int, first: int = 2, longest: int = 40
) -> list[list[int]]:
    """Documents of random length whose tokens count upwards, so that each token is known."""
    lengths = np.random.default_rng(seed).integers(1, longest, num_documents)
    documents, token = [], first
    for length in lengths.tolist():
        documents.append([*range(token, token + length), EOS])
        token += length
    return documents


@pytest.fixture
def make_corpus(tmp_path: Path) -> Corpus:
    """Writes a corpus; see `write_corpus`."""
    return lambda subsets, **options: write_corpus(tmp_path / "corpus", subsets, **options)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Record batches of 64 tokens and a document, so that samples cross them."""
    monkeypatch.setattr(Regrouper.__init__, "__defaults__", (64,))


@pytest.fixture
def two_subsets(make_corpus: Corpus, small_batches: None) -> Path:
    """Books and web, three shards of many record batches each, at 0.7 and 0.3."""
    books = [numbered_documents(40, seed) for seed in range(3)]
    web = [numbered_documents(30, seed, first=20_000) for seed in range(3, 6)]
    return make_corpus({"books": books, "web": web}, weights={"books": 0.7, "web": 0.3})


@pytest.fixture(scope="session")
def corpus_writer() -> Corpus:
    """`write_corpus` itself, for tests that name the folder."""
    return write_corpus
