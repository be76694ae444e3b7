"""Runs in the environment of litdata: StreamingDataset with its TokensLoader.

python loader_litdata_peer.py FOLDER

Its chunks are cut into blocks of T + 1 tokens that do not overlap. Shuffling permutes the chunks,
and the blocks within a chunk; chunks are as large as its documentation makes them.
"""

from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import litdata
import numpy as np
import torch
from litdata import CombinedStreamingDataset, StreamingDataset, TokensLoader
from loader_pass import SEQUENCE_LENGTH, WEIGHTS, Pair, Passes, in_batches, pairs, serve

BLOCK = SEQUENCE_LENGTH + 1
CHUNK_TOKENS = BLOCK * 8012


def read(stretch: tuple[int, int], path: str) -> Iterator[torch.Tensor]:
    tokens = np.load(path, mmap_mode="r")
    yield torch.from_numpy(np.array(tokens[slice(*stretch)]).view(np.int16)).view(torch.uint16)


def write(path: Path, folder: Path) -> None:
    num_tokens = len(np.load(path, mmap_mode="r"))
    cuts = [*range(0, num_tokens, CHUNK_TOKENS), num_tokens]
    litdata.optimize(
        fn=partial(read, path=str(path)),
        inputs=list(pairwise(cuts)),
        output_dir=str(folder),
        chunk_size=CHUNK_TOKENS,
        item_loader=TokensLoader(),
        num_workers=1,
    )


def prepare(folder: Path) -> tuple[Passes, str]:
    write(folder / "tokens.npy", folder / "litdata")
    for number in range(len(WEIGHTS)):
        write(folder / f"tokens-{number}.npy", folder / f"litdata-{number}")

    def opened(name: str, shuffle: bool) -> StreamingDataset:
        loader = TokensLoader(block_size=BLOCK)
        return StreamingDataset(
            str(folder / name), item_loader=loader, shuffle=shuffle, drop_last=True
        )

    def batched(dataset: StreamingDataset | CombinedStreamingDataset) -> Iterator[Pair]:
        return pairs(in_batches(sample.numpy() for sample in dataset))

    def mixed() -> Iterator[Pair]:
        three = [opened(f"litdata-{number}", True) for number in range(len(WEIGHTS))]
        combined = CombinedStreamingDataset(
            three, weights=list(WEIGHTS), iterate_over_all=False, seed=0
        )
        return batched(combined)

    passes: Passes = {
        "sequential": lambda: batched(opened("litdata", False)),
        "window": lambda: batched(opened("litdata", True)),
        "mixed": mixed,
    }
    return passes, f"litdata {version('litdata')}"


if __name__ == "__main__":
    serve(prepare)
