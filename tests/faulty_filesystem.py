"""A file system of fsspec over a local folder that fails, now and then, in the ways stores do.

Which call fails follows from the call, the path and how often it came before, as in `fault_proxy`.
"""

import secrets
import shutil
import threading
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import xxhash

KINDS = ("refused", "answer lost", "cut")
"""Fails before; fails when it has been done; gives half of a body, without a word."""


class Unavailable(Exception):
    """As the clients of stores have them: no OSError."""

    status = 503


class FaultyFileSystem(fsspec.AbstractFileSystem):
    """`faulty://name/path` is `root/name/path`; set `root` and `one_in` before."""

    protocol = "faulty"
    root = Path()
    one_in = 0
    seed = 0
    renamed = ""  # stands before all names of a listing
    faults: ClassVar[Counter[str]] = Counter()
    calls: ClassVar[Counter[str]] = Counter()
    _seen: ClassVar[Counter[str]] = Counter()
    _lock = threading.Lock()

    @classmethod
    def reset(cls, root: Path, one_in: int, seed: int = 0) -> None:
        cls.root, cls.one_in, cls.seed, cls.renamed = root, one_in, seed, ""
        cls.faults, cls.calls, cls._seen = Counter(), Counter(), Counter()

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        with _Call(self, "info", path):
            return self._info(self.root / path)

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        with _Call(self, "ls", path):
            found = [self._info(inner) for inner in (self.root / path).iterdir()]
            return found if detail else [info["name"] for info in found]

    def cat_file(
        self, path: str, start: int | None = None, end: int | None = None, **_: Any
    ) -> bytes:
        with _Call(self, "cat_file", path) as kind:
            data = (self.root / path).read_bytes()[start:end]
            return data[: len(data) // 2] if kind == "cut" else data

    def put_file(self, lpath: str, rpath: str, **_: Any) -> None:  # type: ignore[override]
        with _Call(self, "put_file", rpath):
            final = self.root / rpath
            final.parent.mkdir(parents=True, exist_ok=True)
            pending = final.parent / f".{secrets.token_hex(8)}"
            shutil.copyfile(lpath, pending)
            pending.replace(final)

    def rm_file(self, path: str) -> None:
        with _Call(self, "rm_file", path):
            (self.root / path).unlink()

    def _info(self, path: Path) -> dict[str, Any]:
        found = path.stat()
        kind = "directory" if path.is_dir() else "file"
        name = f"{self.renamed}{path.relative_to(self.root)}"
        return {"name": name, "size": found.st_size, "type": kind, "mtime": found.st_mtime}


class _Call:
    """One call: counts it, and raises, before or after, as it is drawn."""

    def __init__(self, store: FaultyFileSystem, operation: str, path: str) -> None:
        kind_of_store = type(store)
        with store._lock:
            kind_of_store.calls[operation] += 1
            what = f"{operation} {path}"
            kind_of_store._seen[what] += 1
            drawn = xxhash.xxh3_64_intdigest(f"{store.seed} {what} {store._seen[what]}".encode())
            fails = store.one_in and drawn % store.one_in == 0
            kinds = KINDS if operation == "cat_file" else KINDS[:2]
            self._kind = kinds[drawn // store.one_in % len(kinds)] if fails else None
            if self._kind is not None:
                kind_of_store.faults[self._kind] += 1

    def __enter__(self) -> str | None:
        if self._kind == "refused":
            raise Unavailable("slow down")
        return self._kind

    def __exit__(self, *_: object) -> None:
        if self._kind == "answer lost":
            raise Unavailable("connection lost")
