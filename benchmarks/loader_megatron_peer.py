"""Runs in the environment of megatron-core: GPTDataset over an IndexedDataset, and three blended.

python loader_megatron_peer.py FOLDER

Its samples run through permuted documents, and are themselves permuted; a sample is delivered with
a loss mask and positions, which are dropped here.
"""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from loader_pass import BATCH_SIZE, SEQUENCE_LENGTH, WEIGHTS, Pair, Passes, serve
from megatron.core.datasets.blended_dataset import BlendedDataset
from megatron.core.datasets.gpt_dataset import GPTDataset, GPTDatasetConfig
from megatron.core.datasets.indexed_dataset import (
    IndexedDataset,
    IndexedDatasetBuilder,
    get_bin_path,
    get_idx_path,
)
from megatron.core.datasets.utils import Split

EOS = 1


def written(folder: Path, name: str) -> IndexedDataset:
    tokens = np.load(folder / f"{name}.npy", mmap_mode="r")
    offsets = np.load(folder / f"{name}-offsets.npy")
    prefix = str(folder / f"megatron-{name}")
    builder = IndexedDatasetBuilder(get_bin_path(prefix), dtype=np.uint16)
    lengths = np.diff(offsets).tolist()
    for start, length in zip(offsets[:-1].tolist(), lengths, strict=True):
        builder.add_document(tokens[start : start + length], [length])
    builder.finalize(get_idx_path(prefix))
    return IndexedDataset(prefix, multimodal=False, mmap=True)


def opened(data: IndexedDataset, seed: int, num_samples: int | None) -> GPTDataset:
    """A training set; None for one epoch of samples."""
    config = GPTDatasetConfig(
        random_seed=seed,
        sequence_length=SEQUENCE_LENGTH,
        tokenizer=SimpleNamespace(
            vocab_size=32_000, eod=EOS, pad=-1, unique_identifiers={"class": "made"}
        ),
        reset_position_ids=False,
        reset_attention_mask=False,
        eod_mask_loss=False,
        create_attention_mask=False,
        mmap_bin_files=True,
    )
    chosen = np.arange(len(data), dtype=np.int32)
    return GPTDataset(data, None, chosen, num_samples, Split.train, config)


def batched(dataset: GPTDataset | BlendedDataset) -> Iterator[Pair]:
    for start in range(0, len(dataset) - BATCH_SIZE + 1, BATCH_SIZE):
        samples = [dataset[number] for number in range(start, start + BATCH_SIZE)]
        inputs = torch.stack([sample["tokens"] for sample in samples])
        yield inputs, torch.stack([sample["labels"] for sample in samples])


def prepare(folder: Path) -> tuple[Passes, str]:
    one = written(folder, "tokens")
    three = [written(folder, f"tokens-{number}") for number in range(len(WEIGHTS))]
    seeds = iter(range(1_000_000))

    def full() -> Iterator[Pair]:
        yield from batched(opened(one, next(seeds), None))

    def mixed() -> Iterator[Pair]:
        size = sum(int(data.sequence_lengths.sum()) for data in three) // SEQUENCE_LENGTH
        parts = [
            opened(data, next(seeds), int(1.005 * size * weight) + 1)
            for data, weight in zip(three, WEIGHTS, strict=True)
        ]
        yield from batched(BlendedDataset(parts, list(WEIGHTS), size, parts[0].config))

    return {"full": full, "mixed": mixed}, f"megatron-core {version('megatron-core')}"


if __name__ == "__main__":
    serve(prepare)
