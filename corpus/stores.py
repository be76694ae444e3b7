"""What every kind of store does; which one a place lies in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from haybale.corpus import fsspec_clients
from haybale.corpus.errors import RecipeError
from haybale.corpus.fsspec_store import FsspecStore
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


_ARROW = ("s3", "gs")


def store_of(place: Place) -> Store:
    """The store for what lies below a place.

    Raises:
        RecipeError: If there is none for its scheme, or its package is not installed.
    """
    if place.is_local:
        return LocalStore(place.path)
    return ObjectStore(place) if place.scheme in _ARROW else FsspecStore(place)


def check_output(place: Place) -> None:
    """Make sure, before any work, that a build may write there; every write makes sure as well.

    Raises:
        RecipeError: If its store is read only, or shows a file before it is whole; locally, if it
            is a file or lies below one.
    """
    if place.is_local:
        _check_no_file(Path(place.path))
        return
    if place.scheme not in _ARROW:
        fsspec_clients.check_output(place)


def _check_no_file(path: Path) -> None:
    for each in (path, *path.parents):
        if each.is_file():
            raise RecipeError(f"{each}: expected a folder, found a file; choose another")
