"""Marks of attempts: a unit that was begun and never ended may hold a document that kills.

Who ends a process in the midst of a unit takes its mark away: see `forget_attempt`.
"""

import contextlib
from collections.abc import Iterator

from haybale.corpus.storage import Folder
from haybale.pipeline.units.steps import Step

_FOLDER = "run/attempts"


@contextlib.contextmanager
def attempted(folder: Folder, step: Step, unit: str) -> Iterator[bool]:
    """Mark an attempt at a unit while the block runs; its process may die in it.

    Yields:
        Whether there was a mark: an earlier attempt did not end, or another one is at work.
    """
    path = _mark(step, unit)
    marked = folder.exists(path)
    if not marked:
        folder.commit_bytes(path, b"begun\n")
    try:
        yield marked
    finally:
        folder.remove(path)


def forget_attempt(folder: Folder, step: Step, unit: str) -> None:
    """Take away the mark of a process that was ended in the middle of a unit by who started it."""
    folder.remove(_mark(step, unit))


def _mark(step: Step, unit: str) -> str:
    return f"{_FOLDER}/{step.name}/{unit}"
