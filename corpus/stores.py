"""What every kind of store does; which one a place lies in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from haybale.corpus.local_store import LocalStore
from haybale.corpus.object_store import ObjectStore
from haybale.corpus.places import Place
from haybale.corpus.stored import StoredFile


class Store(Protocol):
    """Files by their full paths. What fails in passing is tried again, by every method.

    Each may raise RecipeError if access is refused, and StorageError if every try fails.
    """

    def stat(self, path: str) -> StoredFile | None:
        """What is known of a file; None where there is none."""

    def size(self, path: str) -> int:
        """Bytes of a file; -1 where there is none."""

    def list(self, path: str, *, recursive: bool = True) -> Iterator[StoredFile]:
        """Files below a folder, in no order; none where there is no folder."""

    def open_input(self, path: str) -> pa.NativeFile:
        """Open to be read in order or anywhere; raises FileNotFoundError if there is none."""

    def put(self, source: Path, path: str) -> None:
        """Make a local file, which may be gone afterwards, the whole content of a path."""

    def remove(self, path: str) -> None:
        """Delete a file or a folder with all below it; nothing happens where there is none."""


def store_of(place: Place) -> Store:
    """The store for what lies below a place."""
    return LocalStore(place.path) if place.is_local else ObjectStore(place)
