"""A small corpus with something to learn, and a recipe that learns it in a second."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from haybale.corpus.digests import document_ids
from haybale.corpus.manifest import Manifest, write_manifest
from haybale.corpus.shards import (
    TokenFormat,
    token_batch,
    tokens_schema,
    write_index,
    write_shard,
)
from haybale.corpus.storage import Folder
from haybale.training.model import ModelSettings
from haybale.training.recipe import TrainingRecipe, TrainingSettings

EOS = 1
VOCABULARY = 32
BYTES_PER_TOKEN = 4


def counting_documents(num_documents: int, seed: int) -> list[list[int]]:
    """Documents that count upwards modulo 29 from a random token: the next one can be learnt."""
    generator = np.random.default_rng(seed)
    starts, lengths = (
        generator.integers(0, 29, num_documents),
        generator.integers(4, 40, num_documents),
    )
    return [
        [*(3 + (start + np.arange(length)) % 29).tolist(), EOS]
        for start, length in zip(starts, lengths, strict=True)
    ]


def _batch(schema: pa.Schema, documents: Sequence[Sequence[int]]) -> pa.RecordBatch:
    offsets = np.cumsum([0, *map(len, documents)]).astype(np.int64)
    ids = document_ids(str(schema.metadata[b"split"]), "made", range(len(documents)))
    return token_batch(schema, ids, offsets, np.concatenate(documents).astype(np.uint16))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Models this small only lose time to threads, the more so where other work is under way."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some 13,000 tokens to train on and 2,000 to validate on."""
    path = tmp_path_factory.mktemp("corpus")
    folder, token_format = Folder(str(path)), TokenFormat("0" * 32, VOCABULARY, -1, EOS, 0)
    files, tables, totals = [], [], {}
    for split, num_documents in (("train", 600), ("validation", 100)):
        schema = tokens_schema(token_format, "books", split)
        batch = _batch(schema, counting_documents(num_documents, num_documents))
        record, table = write_shard(folder, f"shards/{split}/books/0.arrow", schema, [batch])
        num_tokens = len(batch.column("tokens").values)
        totals[split] = {
            "books": {
                "documents": num_documents,
                "text_bytes": BYTES_PER_TOKEN * num_tokens,
                "tokens": num_tokens,
                "shards": 1,
            }
        }
        files.append(record)
        tables.append(table)
    files.append(write_index(folder, tables))
    write_manifest(
        folder, Manifest("made", {}, {}, totals, {"books": 1.0}, token_format, tuple(files))
    )
    return path


@pytest.fixture
def recipe() -> TrainingRecipe:
    """Twelve steps of 8 x 32 tokens."""
    settings = TrainingSettings(
        sequence_length=32,
        batch_size=8,
        learning_rate=5e-3,
        tokens=12 * 8 * 32,
        checkpoint_every=4,
        validation_samples=16,
    )
    return TrainingRecipe("small", ModelSettings(depth=2, width=32, heads=2), settings)
