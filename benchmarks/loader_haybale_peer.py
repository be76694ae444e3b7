"""TokenLoader in every class of guarantee, and the floors: tokens by hand, and copying alone.

python loader_haybale_peer.py FOLDER
"""

import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from loader_pass import BATCH_SIZE, SEQUENCE_LENGTH, Pair, Passes, serve

from haybale import __version__
from haybale.loaders import TokenDataset, TokenLoader

ONLY_TOKENS = ("input_ids", "labels")
WINDOW = {"shuffle": "block", "block_tokens": 1 << 21, "window_blocks": 8}
"""As large a window as litdata's."""

NUM_SOURCES = 64
"""Batches that copying alone rotates among: 16 MiB of int64 inputs and labels."""


def by_loader(
    path: Path, seeds: Iterator[int], only_tokens: bool, **options: Any
) -> Iterator[Pair]:
    """A pass of TokenLoader.

    Args:
        path: The corpus.
        seeds: Each pass takes another.
        only_tokens: Deliver what peers deliver: no positions, no boundaries, no masked labels.
        options: Of the dataset; and `prefetch`, of the loader.
    """
    prefetch, chosen = options.pop("prefetch"), {"fields": ONLY_TOKENS} if only_tokens else {}
    options["labels_across_documents"] = only_tokens
    dataset = TokenDataset(path, SEQUENCE_LENGTH, next(seeds), **options)
    with TokenLoader(dataset, BATCH_SIZE, prefetch=prefetch, **chosen) as loader:
        for batch in loader:
            yield batch["input_ids"], batch["labels"]


def by_hand(path: Path, seeds: Iterator[int], shuffled: bool) -> Iterator[Pair]:
    """As nanoGPT's get_batch, but each sample once: an order in memory."""
    tokens = np.load(path, mmap_mode="r")
    starts = np.arange(0, len(tokens) - SEQUENCE_LENGTH, SEQUENCE_LENGTH)
    if shuffled:
        np.random.default_rng(next(seeds)).shuffle(starts)
    for at in range(0, len(starts) - BATCH_SIZE + 1, BATCH_SIZE):
        chosen = starts[at : at + BATCH_SIZE].tolist()
        yield stacked(tokens, chosen), stacked(tokens, [start + 1 for start in chosen])


def stacked(tokens: np.ndarray, starts: list[int]) -> torch.Tensor:
    """int64 [B, T] from where samples start."""
    rows = [tokens[start : start + SEQUENCE_LENGTH].astype(np.int64) for start in starts]
    return torch.stack([torch.from_numpy(row) for row in rows])


def by_copying(num_batches: int) -> Iterator[Pair]:
    """As many batches of that size from memory to memory."""
    sources = np.ones((NUM_SOURCES, 2, BATCH_SIZE, SEQUENCE_LENGTH), np.int64)
    for number in range(num_batches):
        batch = torch.from_numpy(sources[number % NUM_SOURCES].copy())
        yield batch[0], batch[1]


def prepare(folder: Path) -> tuple[Passes, str]:
    tokens, seeds = folder / "tokens.npy", itertools.count()
    num_batches = len(np.load(tokens, mmap_mode="r")) // (BATCH_SIZE * SEQUENCE_LENGTH)
    passes = {
        "floor: copying": lambda: by_copying(num_batches),
        "floor: by hand, sequential": lambda: by_hand(tokens, seeds, False),
        "floor: by hand, full": lambda: by_hand(tokens, seeds, True),
    }
    full: dict[str, Any] = {"shuffle": "full"}
    classes = {"sequential": {"shuffle": None}, "window": WINDOW, "full": full, "mixed": full}
    for name, chosen in classes.items():
        corpus = folder / ("mixed" if name == "mixed" else "corpus")
        for prefetch in (0, 2):
            for only_tokens in (True, False):
                what = f"{name}, {'tokens' if only_tokens else 'all'}, prefetch {prefetch}"
                options = {**chosen, "prefetch": prefetch}
                passes[what] = partial(by_loader, corpus, seeds, only_tokens, **options)
    return passes, f"haybale {__version__}"


if __name__ == "__main__":
    serve(prepare)
