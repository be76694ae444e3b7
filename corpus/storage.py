"""Where files live: local folders, `s3://`, `gs://`, and what fsspec opens.

Nothing appears under its final name before it is whole. A file is first written to a local
temporary file, digested on the way, and then moved (local) or uploaded (object stores).
"""

import contextlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import xxhash

from haybale.corpus.digests import digest
from haybale.corpus.disk_errors import disk_errors
from haybale.corpus.errors import CorruptShardError, HaybaleError, RecipeError
from haybale.corpus.io_counts import count_read
from haybale.corpus.local_store import LocalStore
from haybale.corpus.pending import FileRecord, PendingFile
from haybale.corpus.places import place_of
from haybale.corpus.private_folder import private_folder
from haybale.corpus.stored import StoredFile
from haybale.corpus.stores import store_of

TEMPORARY = "run/tmp"
"""Folder below an output folder for what is not yet committed; emptied when a build starts."""

_BLOCK_BYTES = 1 << 22


def open_input(uri: str) -> pa.NativeFile:
    """Open a file to read its raw bytes, in order or anywhere.

    What fails in passing is read again; a body that ends before the size that its store declared
    is such a failure.

    Raises:
        FileNotFoundError: If there is none.
        StorageError: If its disk or store fails again and again, also while it is read.
        RecipeError: If access is refused.
    """
    place = place_of(uri)
    return store_of(place).open_input(place.path)


class Folder:
    """An output folder: reads what is committed, commits what is whole.

    Args:
        uri: A local path, or `s3://…`, `gs://…`, or what fsspec opens.
    """

    def __init__(self, uri: str | os.PathLike[str]) -> None:
        self.uri = os.fspath(uri)
        self._place = place_of(uri)
        self._root = self._place.path
        self._store = store_of(self._place)
        self.is_local = self._place.is_local

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return type(self), (self.uri,)

    def path(self, name: str) -> str:
        """The full path of a file, for messages and for readers that take local paths."""
        if "://" in self.uri:
            return str(self._place.child(name))
        return f"{self.uri.rstrip('/')}/{name}"

    def exists(self, name: str) -> bool:
        """Whether the file is there."""
        return self.size(name) >= 0

    def size(self, name: str) -> int:
        """Bytes of the file; -1 where there is none."""
        return self._store.size(self._at(name))

    def stored(self, name: str = "") -> list[StoredFile]:
        """Files below a folder with size and time, sorted by their names relative to the root."""
        found = (file for file in self._store.list(self._at(name)) if file.num_bytes >= 0)
        relative = (
            replace(file, path=file.path.removeprefix(self._root).lstrip("/")) for file in found
        )
        return sorted(relative, key=lambda file: file.path)

    def list(self, name: str = "") -> list[str]:
        """Names of all files below a folder, sorted, relative to the root."""
        return [file.path for file in self.stored(name)]

    def local_path(self, name: str) -> Path:
        """The path of a file of a local folder, to be written; the folder that it lies in is made.

        Raises:
            RecipeError: If it may not be written there, or a link leads out of the folder.
        """
        path = Path(self._at(name))
        with disk_errors(path.parent):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except (FileNotFoundError, FileExistsError, NotADirectoryError) as error:
                raise RecipeError(
                    f"{error.filename}: no folder can be made there ({error.strerror}); choose "
                    "another"
                ) from None
        LocalStore(self._root).check_inside(path.parent)
        return path

    def read(self, name: str) -> bytes:
        """The whole file.

        Raises:
            CorruptShardError: If it is gone.
            StorageError: If its disk or store fails again and again.
        """
        found = self.find(name)
        if found is None:
            raise self._missing(name)
        return found

    def find(self, name: str) -> bytes | None:
        """The whole file, None where there is none: one request, `exists` before `read` is two.

        Raises:
            StorageError: If its disk or store fails again and again.
        """
        try:
            with self._store.open_input(self._at(name)) as file:
                return bytes(file.read())
        except FileNotFoundError:
            return None

    def open(self, name: str) -> pa.NativeFile:
        """Open for random access; memory-mapped where the folder is local."""
        path = self._at(name)
        try:
            if not self.is_local:
                return self._store.open_input(path)
            mapped = pa.memory_map(path)
        except FileNotFoundError:
            raise self._missing(name) from None
        except PermissionError:
            raise RecipeError(
                f"{self.path(name)}: may not be read; give this user the right to"
            ) from None
        count_read(mapped.size())
        return mapped

    def remove(self, name: str) -> None:
        """Delete a file or a folder with all below it; nothing happens where there is none."""
        self._store.remove(self._at(name))

    def move(self, name: str, to: str) -> None:
        """Give a committed file another name, in the place of what had it.

        Object stores have no such thing: there it is copied through this computer, then deleted.
        """
        if self.is_local:
            final = self.local_path(to)
            with disk_errors(final.parent):
                Path(self._at(name)).replace(final)
            return
        with self.commit(to) as pending, self.open(name) as file:
            while block := file.read_buffer(_BLOCK_BYTES):
                pending.write(block)
        self.remove(name)

    def sync(self, *names: str) -> None:
        """Have committed files, and the folders that name them, outlive a power failure.

        Names of files that are gone stand for the folders that they were in. An object store keeps
        what it has taken.
        """
        if self.is_local:
            LocalStore(self._root).sync([self._at(name) for name in names])

    def commit_bytes(self, name: str, data: bytes) -> FileRecord:
        """Commit a file of these bytes."""
        with self.commit(name) as pending:
            pending.write(data)
        return pending.record()

    @contextlib.contextmanager
    def commit(self, name: str) -> Iterator[PendingFile]:
        """Write a file that appears under its name only when the block ends without an error.

        Raises:
            StorageError: If the disk is full, or the store fails again and again.
            RecipeError: If it may not be written there, or a link leads out of the folder.
        """
        final, folder = self._at(name), self._temporary_folder()
        # Two attempts at one part may run at once; the name must differ and reaches no output.
        temporary = folder / f"{name.replace('/', '.')[-100:]}.{secrets.token_hex(6)}"
        with disk_errors(folder):
            raw = temporary.open("wb")
        try:
            pending = PendingFile(name, raw, temporary)
            yield pending
            pending.flush()
            with disk_errors(folder):
                raw.close()
            self._store.put(temporary, final)
        finally:
            with contextlib.suppress(OSError):
                raw.close()  # on a full disk it has more to write, and cannot
            temporary.unlink(missing_ok=True)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A local folder for what memory cannot hold; gone when the block ends."""
        folder = self._temporary_folder()
        with disk_errors(folder), tempfile.TemporaryDirectory(dir=folder) as scratch:
            yield Path(scratch)

    def clear_temporary(self) -> None:
        """Delete what killed builds of this folder left unfinished on this computer."""
        if self.is_local:
            self.remove(TEMPORARY)
        else:
            shutil.rmtree(self._temporary_folder())

    def _temporary_folder(self) -> Path:
        """On the disk of the folder itself; of an object store, in the computer's own place."""
        if self.is_local:
            return self.local_path(f"{TEMPORARY}/file").parent
        # Each folder and user a place of their own, so that it can be cleared.
        return private_folder(f"haybale-{os.getuid()}-{digest(str(self._place).encode())[:12]}")

    def _at(self, name: str) -> str:
        """Where a file lies on its store.

        Raises:
            CorruptShardError: If the name, which may come from a manifest, leads out of the folder.
        """
        if name.startswith("/") or ".." in name.split("/") or "\0" in name:
            raise CorruptShardError(
                f"{self.uri}: expected the name of a file below this folder, found {name!r}; "
                "nothing outside of it is touched: get the corpus from whoever made it"
            )
        return self._place.child(name.rstrip("/")).path

    def _missing(self, name: str) -> CorruptShardError:
        return CorruptShardError(f"{self.path(name)}: the file is missing")


def verify_file(folder: Folder, expected: FileRecord) -> None:
    """Hash a committed file again.

    Raises:
        CorruptShardError: If it is missing, of another size, or of another digest.
    """
    found_bytes = folder.size(expected.path)
    if found_bytes != expected.num_bytes:
        found = "no file" if found_bytes < 0 else f"{found_bytes} bytes"
        raise CorruptShardError(
            f"{folder.path(expected.path)}: expected {expected.num_bytes} bytes, found {found}; "
            "restore the file from a copy or build the corpus again"
        )
    hasher = xxhash.xxh3_128()
    with folder.open(expected.path) as file:
        while block := file.read_buffer(_BLOCK_BYTES):
            hasher.update(block)
    if hasher.hexdigest() != expected.digest:
        raise CorruptShardError(
            f"{folder.path(expected.path)}: expected digest {expected.digest}, found "
            f"{hasher.hexdigest()}; the file was changed after it was written: restore it from a "
            "copy or build the corpus again"
        )


def read_parsed(folder: Folder, name: str) -> Any:
    """A committed JSON file, parsed; see `parsed`."""
    return parsed(folder.read(name), folder.path(name))


def find_parsed(folder: Folder, name: str) -> Any:
    """As `read_parsed`; None where there is no such file."""
    data = folder.find(name)
    return None if data is None else parsed(data, folder.path(name))


def parsed(data: bytes, where: str) -> Any:
    """JSON from the bytes of a file.

    Raises:
        HaybaleError: If they are none.
    """
    try:
        return json.loads(data)
    except ValueError as error:
        raise HaybaleError(f"{where}: expected JSON: {error}") from None
