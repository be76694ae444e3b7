"""Files in the stores that only fsspec knows: the Hugging Face Hub, web servers, Azure, Hadoop.

Of each client no more is used than `info`, `ls`, `cat_file`, `put_file` and `rm_file`. Its files
read ahead by rules of their own and keep what came short; its `exists` and `find` take what failed
for what is not there.
"""

import builtins
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from haybale.corpus.errors import RecipeError, StorageError
from haybale.corpus.fsspec_clients import check_output, client_of, kind_of
from haybale.corpus.fsspec_errors import store_errors
from haybale.corpus.fsspec_times import modified
from haybale.corpus.object_store import AHEAD_BYTES, WHOLE_BYTES
from haybale.corpus.patience import STORE, patiently
from haybale.corpus.patient_file import PatientFile
from haybale.corpus.places import Place
from haybale.corpus.stored import StoredFile

T = TypeVar("T")

_WEB = ("http", "https")
_FACTS = {"hf": {"expand_info": True}}
"""Asked for with `info` and `ls`: without it the Hub tells no times."""

_READING = {"hf": {"cache_type": "none"}}
"""Asked for with `cat_file`: the Hub's opens a file for it, which would read ahead in vain."""


class FsspecStore:
    """The store that a place lies in, through its client in fsspec.

    Args:
        place: Any place in it.

    Raises:
        RecipeError: If fsspec knows no such store, or a package is missing.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._scheme = place.scheme
        kind_of(place)

    def stat(self, path: str) -> StoredFile | None:
        """What is known of a file; None where there is none."""
        try:
            return self._patiently("read", path, lambda client: self._stat(client, path))
        except FileNotFoundError:
            return None

    def size(self, path: str) -> int:
        """Bytes of a file; -1 where there is none."""
        found = self.stat(path)
        return -1 if found is None else found.num_bytes

    def list(self, path: str, *, recursive: bool = True) -> Iterator[StoredFile]:
        """Files below a folder, in no order; a request or more for each folder."""
        folders = [path]
        while folders:
            folder = folders.pop()
            try:
                entries = partial(self._entries, folder=folder)
                found = self._patiently("listed", folder, entries)
            except FileNotFoundError:
                continue
            for name, info in found:
                below = f"{folder}/{name}"
                if info["type"] == "directory":
                    folders += [below] if recursive else []
                elif info["type"] == "file" and info["size"] is not None:
                    yield StoredFile(below, int(info["size"]), modified(info))
                elif (file := self.stat(below)) is not None:  # behind a link; of a page of the web
                    yield file

    def open_input(self, path: str) -> pa.NativeFile:
        """Open to be read in order or anywhere; small files are fetched whole.

        Raises:
            FileNotFoundError: If there is none.
        """
        file = PatientFile(self._shown(path), lambda: self._opened(path), STORE, AHEAD_BYTES)
        if file.num_bytes <= WHOLE_BYTES:
            with file:
                return pa.BufferReader(file.read())
        return pa.PythonFile(file, mode="r")

    def put(self, source: Path, path: str) -> None:
        """Upload a local file, and check that all of it arrived.

        Raises:
            RecipeError: If the store is none that a build may write to.
        """
        check_output(self._place)
        num_bytes = source.stat().st_size

        def attempt(client: Any) -> None:
            client.put_file(str(source), self._name(client, path))
            found = self._stat(client, path)
            if found is None or found.num_bytes != num_bytes:
                arrived = 0 if found is None else found.num_bytes
                raise OSError(f"{arrived} of {num_bytes} bytes arrived")

        try:
            self._patiently("written", path, attempt)
        except FileNotFoundError as error:
            raise RecipeError(
                f"{self._shown(path)}: cannot be written: {error}; mend the name of its container, "
                "or make it"
            ) from None

    def remove(self, path: str) -> None:
        """Delete a file, or all files below a folder; nothing happens where there is none.

        Raises:
            RecipeError: If the store is none that a build may write to.
        """
        check_output(self._place)
        found = [file.path for file in self.list(path)]
        if not found and self.size(path) >= 0:
            found = [path]
        for each in found:
            try:
                self._patiently("removed", each, partial(self._remove_file, path=each))
            except FileNotFoundError:
                continue  # a try before, or another process, was first

    def _remove_file(self, client: Any, path: str) -> None:
        client.rm_file(self._name(client, path))

    def _stat(self, client: Any, path: str) -> StoredFile | None:
        client.invalidate_cache()
        info = client.info(self._name(client, path), **_FACTS.get(self._scheme, {}))
        if info["type"] == "directory":
            return None
        if info["size"] is None:
            raise RecipeError(
                f"{self._shown(path)}: expected a server that tells how long a file is, found one "
                "that does not, so that a file cut off on its way would be taken for whole; copy "
                "it to another store"
            )
        return StoredFile(path, int(info["size"]), modified(info))

    def _entries(self, client: Any, folder: str) -> builtins.list[tuple[str, dict[str, Any]]]:
        """Names right below a folder, and what is known of each."""
        client.invalidate_cache()
        top = self._name(client, folder, query=False)
        found = []
        for info in client.ls(top, detail=True, **_FACTS.get(self._scheme, {})):
            name = info["name"].rstrip("/")
            below = name.removeprefix(f"{top}/")
            is_elsewhere = below == name or "/" in below
            if self._scheme in _WEB:
                if is_elsewhere or set("?#") & set(below):
                    continue  # where a page links to, or what sorts it
            elif not name.startswith(top):
                raise StorageError(
                    f"{self._shown(folder)}: expected the names of files below {top}, found "
                    f"{name!r}; nothing is read, as more may have other names than they are asked "
                    "for by: name the folder as the store does"
                )
            elif is_elsewhere:
                continue  # the folder itself, if it is a file; adlfs lists ab/c with what is in a
            found.append((below, info))
        return found

    def _opened(self, path: str) -> "_Ranges":
        with store_errors(self._shown(path)):
            client = client_of(self._place)
            found = self._stat(client, path)
        if found is None:
            raise FileNotFoundError(f"{self._shown(path)} is a folder")
        name, given = self._name(client, path), _READING.get(self._scheme, {})

        def fetch(start: int, end: int) -> bytes:
            with store_errors(self._shown(path)):
                return bytes(client.cat_file(name, start=start, end=end, **given))

        return _Ranges(self._shown(path), fetch, found.num_bytes)

    def _patiently(self, operation: str, path: str, attempt: Callable[[Any], T]) -> T:
        shown = self._shown(path)

        def once() -> T:
            with store_errors(shown):
                return attempt(client_of(self._place))

        return patiently(operation, shown, once)

    def _name(self, client: Any, path: str, *, query: bool = True) -> str:
        """What the client calls a file."""
        place = Place(self._scheme, path, self._place.options if query else ())
        return str(client._strip_protocol(place.uri))

    def _shown(self, path: str) -> str:
        return str(Place(self._scheme, path))


class _Ranges:
    """An open file, as `PatientFile` reads it: each read is a request of its own."""

    closed = False

    def __init__(self, place: str, fetch: Callable[[int, int], bytes], num_bytes: int) -> None:
        self._place, self._fetch, self._num_bytes = place, fetch, num_bytes
        self._position = 0

    def size(self) -> int:
        return self._num_bytes

    def tell(self) -> int:
        return self._position

    def seek(self, position: int) -> None:
        self._position = position

    def read(self, num_bytes: int) -> bytes:
        data = self.read_at(num_bytes, self._position)
        self._position += len(data)
        return data

    def read_at(self, num_bytes: int, start: int) -> bytes:
        data = self._fetch(start, start + num_bytes)
        if len(data) > num_bytes:
            raise RecipeError(
                f"{self._place}: expected a server that sends the part of a file that it is asked "
                f"for ({num_bytes} bytes from {start} on), found one that sends {len(data)} bytes; "
                "copy the file to another store"
            )
        return data
