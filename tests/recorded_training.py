"""Trains as `torchrun` starts it, and writes down which samples each process was given.

    torchrun --nproc-per-node 2 recorded_training.py CORPUS OUTPUT [OUTPUT ...]

Each OUTPUT is a folder with a `recipe.json`: the recipe's tables, and `die_after`: the step after
which the first process dies without warning, or null. It trains there, or goes on.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from haybale.loaders import TokenLoader
from haybale.training import train as training
from haybale.training.recipe import parse_training_recipe
from haybale.training.report import StepReport


def recorder(ledger: Path) -> type[TokenLoader]:
    """A loader that appends to a file the global number and the inputs of what it hands out."""

    class RecordingLoader(TokenLoader):
        def __init__(self, *args: Any, fields: tuple[str, ...], **kwargs: Any) -> None:
            super().__init__(*args, fields=(*fields, "sample_index"), **kwargs)

        def __iter__(self) -> Iterator[dict[str, Any]]:
            for batch in super().__iter__():
                numbers = batch.pop("sample_index").tolist()
                with ledger.open("a") as file:
                    for number, inputs in zip(numbers, batch["input_ids"].tolist(), strict=True):
                        file.write(json.dumps([number, inputs]) + "\n")
                yield batch

    return RecordingLoader


def train_recorded(corpus: Path, output: Path, on_step: Any = None) -> training.TrainingResult:
    """Train by the folder's recipe, or go on; the samples go to `ledger-PROCESS.jsonl`."""
    tables = json.loads((output / "recipe.json").read_text())
    die_after = tables.pop("die_after")

    def after(report: StepReport) -> None:
        if report.step == die_after:
            os._exit(9)  # nothing is closed, flushed or said to the other processes

    known = training.TokenLoader
    training.TokenLoader = recorder(output / f"ledger-{os.getpid()}.jsonl")
    try:
        recipe = parse_training_recipe(tables)
        return training.train(recipe, corpus, output, resume=True, on_step=after)
    finally:
        training.TokenLoader = known


if __name__ == "__main__":
    torch.set_num_threads(1)
    with training.joined_ranks("cpu"):
        for folder in sys.argv[2:]:
            train_recorded(Path(sys.argv[1]), Path(folder))
