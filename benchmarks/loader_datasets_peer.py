"""Runs in the environment of datasets: map-style with an indices mapping, and its iterable form.

python loader_datasets_peer.py FOLDER
"""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import datasets
import numpy as np
import torch
from datasets import Dataset, Features, List, Value, interleave_datasets, load_from_disk
from loader_pass import BATCH_SIZE, SEQUENCE_LENGTH, WEIGHTS, Pair, Passes, pairs, serve
from torch.utils.data import DataLoader

BUFFER = 4096
"""Samples of the iterable form's shuffle buffer."""


def written(tokens: np.ndarray, folder: Path) -> Dataset:
    def rows() -> Iterator[dict[str, np.ndarray]]:
        for start in range(0, len(tokens) - SEQUENCE_LENGTH, SEQUENCE_LENGTH):
            yield {"tokens": tokens[start : start + SEQUENCE_LENGTH + 1]}

    features = Features({"tokens": List(Value("uint16"), length=SEQUENCE_LENGTH + 1)})
    made = Dataset.from_generator(rows, features=features, cache_dir=str(folder / "cache"))
    made.save_to_disk(folder / "saved")
    return load_from_disk(str(folder / "saved")).with_format("numpy")


def prepare(folder: Path) -> tuple[Passes, str]:
    datasets.disable_progress_bars()
    one = written(np.load(folder / "tokens.npy", mmap_mode="r"), folder / "hf")
    three = [
        written(np.load(folder / f"tokens-{number}.npy", mmap_mode="r"), folder / f"hf-{number}")
        for number in range(len(WEIGHTS))
    ]
    seeds = iter(range(1_000_000))

    def batched(dataset: Dataset) -> Iterator[Pair]:
        batches = dataset.iter(BATCH_SIZE, drop_last_batch=True)
        return pairs(batch["tokens"] for batch in batches)

    def window() -> Iterator[Pair]:
        shuffled = one.to_iterable_dataset().shuffle(next(seeds), buffer_size=BUFFER)
        return batched(shuffled)

    def in_torch_format() -> Iterator[Pair]:
        shuffled = one.shuffle(next(seeds)).with_format("torch", dtype=torch.int64)
        loader = DataLoader(shuffled, batch_size=BATCH_SIZE, drop_last=True)
        for batch in loader:
            tokens = batch["tokens"]
            yield tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()

    def mixed() -> Iterator[Pair]:
        shuffled = [dataset.shuffle(next(seeds)) for dataset in three]
        return batched(
            interleave_datasets(shuffled, list(WEIGHTS), 0, stopping_strategy="all_exhausted")
        )

    passes: Passes = {
        "sequential": lambda: batched(one),
        "window": window,
        "full": lambda: batched(one.shuffle(next(seeds))),
        "full, torch format, DataLoader": in_torch_format,
        "mixed": mixed,
    }
    return passes, f"datasets {version('datasets')}"


if __name__ == "__main__":
    serve(prepare)
