"""Checkpoints: everything that the next step depends on, in one file, replaced atomically."""

import os
import pickle
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from haybale.corpus.errors import CheckpointMismatchError, StorageError
from haybale.training.recipe import TrainingRecipe

FORMAT = "haybale/checkpoint@2"
NAME = "checkpoint.pt"

_FREE = frozenset(
    {
        "checkpoint_every",
        "compile",
        "micro_batch_size",
        "parallel",
        "validate_every",
        "validation_samples",
    }
)
"""Settings of the table `training` that change no more than how sums round: a run may go on with
other ones."""


def save_checkpoint(folder: Path, content: dict[str, Any]) -> None:
    """Replace the folder's checkpoint; stopped at any moment, one whole file is there.

    Raises:
        StorageError: If it cannot be written; the one before it is still there.
    """
    temporary = folder / f"{NAME}.tmp"
    try:
        with temporary.open("wb") as file:
            torch.save({"format": FORMAT, **content}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / NAME)
    except (OSError, RuntimeError) as error:  # PyTorch makes the second of the first
        temporary.unlink(missing_ok=True)
        raise StorageError(
            f"{folder / NAME}: the checkpoint of step {content['step']} cannot be written "
            f"({_reason(error)}); make room, and go on from the one before it, if there was one"
        ) from None
    _sync_folder(folder)


def _reason(error: BaseException) -> str:
    """What the system said, where it said something."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__context__
    return str(cause or error).splitlines()[0]


def _sync_folder(folder: Path) -> None:
    """See the new name on the disk too."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The folder's checkpoint, on the CPU, or None where there is none. Nothing in it is executed.

    Raises:
        CheckpointMismatchError: If it cannot be read or is of another format.
    """
    path = folder / NAME
    if not path.exists():
        return None
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError) as error:
        reason = str(error).splitlines()[0]
        raise CheckpointMismatchError(
            f"{path}: cannot be read ({reason}); remove it to begin again, or restore a copy"
        ) from None
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise CheckpointMismatchError(f"{path}: expected format {FORMAT}, found {found}")
    return dict(content)


def check_recipe(recipe: TrainingRecipe, saved: dict[str, Any], path: Path) -> None:
    """Refuse to go on with another model or schedule than the checkpoint's.

    Raises:
        CheckpointMismatchError: Naming both sides of each difference.
    """
    here = asdict(recipe)
    different = list(_differences(here, saved))
    if different:
        raise CheckpointMismatchError(
            f"{path}: belongs to another run ({'; '.join(different)}); "
            "go on with its recipe, or train into another folder"
        )


def _differences(here: dict[str, Any], saved: dict[str, Any]) -> Iterator[str]:
    for table in ("model", "training"):
        for key, value in here[table].items():
            there = saved[table].get(key)
            if key not in _FREE and there != value:
                yield f"{table}.{key} is {there!r} there, {value!r} here"
