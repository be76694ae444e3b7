"""Where files live: local folders, `gs://` and `s3://`, all through `pyarrow.fs`.

Nothing appears under its final name before it is whole. A file is first written to a local
temporary file, digested on the way, and then moved (local) or uploaded (object stores).
"""

import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import xxhash

from haybale.corpus.errors import CorruptShardError, HaybaleError, RecipeError
from haybale.corpus.pending import FileRecord, PendingFile

TEMPORARY = "run/tmp"
"""Folder below an output folder for what is not yet committed; emptied when a build starts."""

_BLOCK_BYTES = 1 << 22


def resolve(uri: str | os.PathLike[str]) -> tuple[pafs.FileSystem, str]:
    """The filesystem and the path on it that a local path or URI means."""
    text = os.fspath(uri)
    if "://" in text:
        filesystem, path = pafs.FileSystem.from_uri(text)
        return filesystem, path
    return pafs.LocalFileSystem(), str(Path(text).absolute())


def open_input(uri: str) -> pa.NativeFile:
    """Open a file for sequential reading, as its raw bytes."""
    filesystem, path = resolve(uri)
    return filesystem.open_input_stream(path, compression=None)


class Folder:
    """An output folder: reads what is committed, commits what is whole.

    Args:
        uri: A local path, or `gs://…`, `s3://…`.
    """

    def __init__(self, uri: str | os.PathLike[str]) -> None:
        self.uri = os.fspath(uri)
        self._filesystem, self._root = resolve(uri)
        self.is_local = isinstance(self._filesystem, pafs.LocalFileSystem)

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return type(self), (self.uri,)

    def path(self, name: str) -> str:
        """The full path of a file, for messages and for readers that take paths."""
        return f"{self.uri.rstrip('/')}/{name}"

    def exists(self, name: str) -> bool:
        """Whether the file is there."""
        return bool(self._filesystem.get_file_info(f"{self._root}/{name}").is_file)

    def size(self, name: str) -> int:
        """Bytes of the file; -1 where there is none."""
        info = self._filesystem.get_file_info(f"{self._root}/{name}")
        return int(info.size) if info.is_file else -1

    def list(self, name: str = "") -> list[str]:
        """Names of all files below a folder, sorted, relative to the root."""
        selector = pafs.FileSelector(
            f"{self._root}/{name}".rstrip("/"), allow_not_found=True, recursive=True
        )
        files = (info for info in self._filesystem.get_file_info(selector) if info.is_file)
        return sorted(info.path.removeprefix(self._root).lstrip("/") for info in files)

    def read(self, name: str) -> bytes:
        """The whole file.

        Raises:
            CorruptShardError: If it is gone.
        """
        try:
            with self._filesystem.open_input_file(f"{self._root}/{name}") as file:
                return bytes(file.read())
        except FileNotFoundError:
            raise CorruptShardError(f"{self.path(name)}: the file is missing") from None
        except PermissionError:
            raise self._forbidden(name) from None

    def open(self, name: str) -> pa.NativeFile:
        """Open for random access; memory-mapped where the folder is local."""
        try:
            if self.is_local:
                return pa.memory_map(f"{self._root}/{name}")
            return self._filesystem.open_input_file(f"{self._root}/{name}")
        except FileNotFoundError:
            raise CorruptShardError(f"{self.path(name)}: the file is missing") from None
        except PermissionError:
            raise self._forbidden(name) from None

    def _forbidden(self, name: str) -> RecipeError:
        return RecipeError(f"{self.path(name)}: may not be read; give this user the right to")

    def remove(self, name: str) -> None:
        """Delete a file or a folder with all below it; nothing happens where there is none."""
        info = self._filesystem.get_file_info(f"{self._root}/{name}")
        if info.is_file:
            self._filesystem.delete_file(info.path)
        elif info.type == pafs.FileType.Directory:
            self._filesystem.delete_dir(info.path)

    def commit_bytes(self, name: str, data: bytes) -> FileRecord:
        """Commit a file of these bytes."""
        with self.commit(name) as pending:
            pending.write(data)
        return pending.record()

    @contextlib.contextmanager
    def commit(self, name: str) -> Iterator[PendingFile]:
        """Write a file that appears under its name only when the block ends without an error."""
        temporary = self._temporary(name)
        try:
            with temporary.open("wb") as raw:
                pending = PendingFile(name, raw, temporary)
                yield pending
            self._publish(temporary, name)
        finally:
            temporary.unlink(missing_ok=True)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A local folder for what memory cannot hold; gone when the block ends."""
        with tempfile.TemporaryDirectory(dir=self._temporary_folder()) as scratch:
            yield Path(scratch)

    def _temporary_folder(self) -> Path:
        folder = Path(self._root, TEMPORARY) if self.is_local else Path(tempfile.gettempdir())
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _temporary(self, name: str) -> Path:
        folder = self._temporary_folder()
        # Two attempts at one part may run at once; the name must differ and reaches no output.
        return folder / f"{name.replace('/', '.')}.{secrets.token_hex(6)}"

    def _publish(self, temporary: Path, name: str) -> None:
        final = f"{self._root}/{name}"
        if self.is_local:
            Path(final).parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(final)
        else:
            pafs.copy_files(
                str(temporary), final, pafs.LocalFileSystem(), self._filesystem, use_threads=False
            )


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


def parsed(data: bytes, where: str) -> Any:
    """JSON from the bytes of a file.

    Raises:
        HaybaleError: If they are none.
    """
    try:
        return json.loads(data)
    except ValueError as error:
        raise HaybaleError(f"{where}: expected JSON: {error}") from None
