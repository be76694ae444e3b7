"""Marks of attempts: a unit that was begun and never ended may hold a document that kills."""

import contextlib
from collections.abc import Iterator

from haybale.corpus.storage import Folder
from haybale.pipeline.units.steps import Step

_FOLDER = "run/attempts"


@contextlib.contextmanager
def attempted(folder: Folder, step: Step, unit: str) -> Iterator[bool]:
    """Mark an attempt at a unit while the block runs; its process may die in it.

    Yields:
        Whether there was a mark: an earlier attempt died, or another one is at work.
    """
    path = f"{_FOLDER}/{step.name}/{unit}"
    marked = folder.exists(path)
    if not marked:
        folder.commit_bytes(path, b"begun\n")
    try:
        yield marked
    finally:
        folder.remove(path)
