"""Runs in the environment of mosaicml-streaming: StreamingDataset.

python loader_streaming_peer.py FOLDER
"""

import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from loader_pass import BATCH_SIZE, SEQUENCE_LENGTH, WEIGHTS, Pair, Passes, in_batches, pairs, serve

# Nothing of vision is needed, and its torchvision may be one compiled for another PyTorch.
sys.modules["streaming.vision"] = ModuleType("streaming.vision")

from streaming import MDSWriter, Stream, StreamingDataset  # noqa: E402
from streaming.base.util import clean_stale_shared_memory  # noqa: E402


def write(tokens: np.ndarray, folder: Path) -> None:
    columns = {"tokens": f"ndarray:uint16:{SEQUENCE_LENGTH + 1}"}
    with MDSWriter(out=str(folder), columns=columns) as writer:
        for start in range(0, len(tokens) - SEQUENCE_LENGTH, SEQUENCE_LENGTH):
            writer.write({"tokens": np.array(tokens[start : start + SEQUENCE_LENGTH + 1])})


def prepare(folder: Path) -> tuple[Passes, str]:
    clean_stale_shared_memory()
    write(np.load(folder / "tokens.npy", mmap_mode="r"), folder / "mds")
    for number in range(len(WEIGHTS)):
        write(np.load(folder / f"tokens-{number}.npy", mmap_mode="r"), folder / f"mds-{number}")
    one: dict[str, Any] = {"local": str(folder / "mds")}

    def three() -> dict[str, Any]:
        streams = [
            Stream(local=str(folder / f"mds-{number}"), proportion=weight)
            for number, weight in enumerate(WEIGHTS)
        ]
        return {"streams": streams}

    def loaded(shuffle: str | None, where: dict[str, Any]) -> Iterator[Pair]:
        chosen: dict[str, Any] = {"shuffle": True, "shuffle_algo": shuffle} if shuffle else {}
        dataset = StreamingDataset(**where, **chosen, batch_size=BATCH_SIZE)
        return pairs(in_batches(sample["tokens"] for sample in dataset))

    passes: Passes = {
        "sequential": lambda: loaded(None, one),
        "window": lambda: loaded("py1e", one),
        "full": lambda: loaded("naive", one),
        "mixed": lambda: loaded("naive", three()),
    }
    return passes, f"mosaicml-streaming {version('mosaicml-streaming')}"


if __name__ == "__main__":
    serve(prepare)
