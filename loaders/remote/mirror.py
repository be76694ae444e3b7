"""All of a remote corpus but its shards, as a local folder that fills itself.

`<cache>/corpora/<digest of the manifest>/` has the corpus's own paths. A file comes when it is
first asked for, is compared with its size and digest in the manifest, and stays; a corpus that was
built again has another digest, and so another folder.
"""

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pyarrow as pa

from haybale.corpus.errors import CorruptShardError, HaybaleError, ManifestMismatchError
from haybale.corpus.manifest import MANIFEST_PATH, Manifest, read_manifest
from haybale.corpus.pending import FileRecord, PendingFile
from haybale.corpus.storage import Folder, verify_file
from haybale.loaders.remote.cache_folder import disk_errors
from haybale.loaders.remote.file_lock import alone
from haybale.loaders.remote.reading import RemoteReader
from haybale.loaders.remote.retry import RetryPolicy
from haybale.loaders.remote.settings import Cache

FIRST_CONTACT_SECONDS = 30.0
"""Patience until anything was read: where it fails for so long, the address is wrong."""
MAX_READS = 3
"""Of a file that arrives with another digest, before the copy there is called corrupt."""

_PIECE_BYTES = 8 << 20
_SHARDS = ("shards/train/", "shards/validation/")


class MirroredFolder(Folder):
    """A remote corpus to those who read folders; nothing can be written, and shards are not here.

    Args:
        uri: See `haybale.loaders.remote.transport.open_transport`.
        cache: Where files are kept, and how many parts of a file are read at a time.
        policy: How patient to be with the server.

    Raises:
        ManifestMismatchError: If there is no finished corpus.
        CorruptShardError: If its manifest is not what it was written as.
        RemoteError: If the server refuses, or does not answer after every attempt.
    """

    def __init__(self, uri: str, cache: Cache, policy: RetryPolicy | None = None) -> None:
        self._remote_uri, self._cache, self._policy = uri, cache, policy or RetryPolicy()
        patience = min(FIRST_CONTACT_SECONDS, self._policy.total_seconds)
        self._reader = RemoteReader(uri, replace(self._policy, total_seconds=patience))
        self._corpora = Path(cache.folder).expanduser().absolute() / "corpora"
        with disk_errors(self._corpora):
            self._corpora.mkdir(parents=True, exist_ok=True)
        manifest = self._read_manifest()
        self._local = Folder(self._corpora / manifest.digest)
        super().__init__(self._corpora / manifest.digest)
        self.uri = self._reader.uri  # in messages, the place where files come from
        self._reader.retries.policy = self._policy
        self._records = {record.path: record for record in manifest.files}
        self._verified = {MANIFEST_PATH}

    def __reduce__(self) -> tuple[type, tuple[str, Cache, RetryPolicy]]:  # type: ignore[override]
        return type(self), (self._remote_uri, self._cache, self._policy)

    def exists(self, name: str) -> bool:
        """Whether the corpus has the file."""
        return name == MANIFEST_PATH or name in self._records

    def size(self, name: str) -> int:
        """Bytes of the file, as the manifest says; -1 where there is none."""
        if name == MANIFEST_PATH:
            return super().size(name)
        return self._records[name].num_bytes if name in self._records else -1

    def list(self, name: str = "") -> list[str]:
        """Names of all files below a folder, sorted."""
        below = f"{name}/" if name else ""
        return sorted(path for path in [MANIFEST_PATH, *self._records] if path.startswith(below))

    def read(self, name: str) -> bytes:
        """The whole file; see `Folder.read`."""
        self._bring(name)
        return super().read(name)

    def open(self, name: str) -> pa.NativeFile:
        """The file, mapped into memory; see `Folder.open`."""
        self._bring(name)
        return super().open(name)

    def remove(self, name: str) -> None:
        """Refused."""
        raise self._read_only(name)

    @contextlib.contextmanager
    def commit(self, name: str) -> Iterator[PendingFile]:
        """Refused."""
        raise self._read_only(name)
        yield

    def _read_manifest(self) -> Manifest:
        """The manifest as it is now, checked against its own digest, and kept."""
        arriving = Folder(self._corpora / "arriving")
        for _ in range(MAX_READS):
            data = self._manifest_bytes()
            with self._alone():
                arriving.commit_bytes(MANIFEST_PATH, data)
                try:
                    manifest = read_manifest(arriving)
                except HaybaleError as error:
                    problem = type(error)(str(error).replace(arriving.uri, self._reader.uri))
                    continue
                kept = self._corpora / manifest.digest
                kept.mkdir(exist_ok=True)
                Path(arriving.path(MANIFEST_PATH)).replace(kept / MANIFEST_PATH)
                return manifest
        raise problem

    def _manifest_bytes(self) -> bytes:
        reader = self._reader
        try:
            return bytes(reader.read(MANIFEST_PATH, 0, reader.size(MANIFEST_PATH)))
        except FileNotFoundError:
            raise ManifestMismatchError(
                f"{reader.uri}: expected a finished corpus, found no {MANIFEST_PATH}; name the "
                "folder that `haybale build` wrote, or a whole copy of it"
            ) from None

    def _bring(self, name: str) -> None:
        """Have a file here, compared with the manifest once by this process."""
        if name in self._verified:
            return
        if name not in self._records:
            raise CorruptShardError(f"{self.path(name)}: the manifest names no such file")
        if name.startswith(_SHARDS):
            raise HaybaleError(
                f"{self.path(name)}: tokens of a remote corpus are read by record batches; copy "
                "the corpus to a local disk to read its shards as files"
            )
        record = self._records[name]
        target = self._target(name)
        with disk_errors(self._corpora), self._alone():
            target.parent.mkdir(parents=True, exist_ok=True)
            if not self._is_right(record):
                self._download(record, target)
        self._verified.add(name)

    def _is_right(self, record: FileRecord) -> bool:
        try:
            verify_file(self._local, record)
        except CorruptShardError:
            return False
        return True

    def _download(self, record: FileRecord, target: Path) -> None:
        """In pieces, several at a time; nothing has the file's name before it is whole."""
        arriving = f"{record.path}.arriving"
        partial = target.with_name(f"{target.name}.arriving")
        for _ in range(MAX_READS):
            with partial.open("wb") as file, ThreadPoolExecutor(self._cache.readers) as pool:
                list(pool.map(lambda at: self._piece(record, at, file.fileno()), _pieces(record)))
            if self._is_right(replace(record, path=arriving)):
                partial.replace(target)
                return
            self._reader.retries.count()
        partial.unlink()
        raise CorruptShardError(
            f"{self.path(record.path)}: its digest is not the manifest's {record.digest}, each of "
            f"{MAX_READS} times; restore it from a copy or upload it again"
        )

    def _piece(self, record: FileRecord, at: int, descriptor: int) -> None:
        length = min(_PIECE_BYTES, record.num_bytes - at)
        os.pwrite(descriptor, self._reader.read(record.path, at, length), at)

    def _target(self, name: str) -> Path:
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts:
            raise CorruptShardError(f"{self.path(name)}: the manifest names a file outside")
        return Path(self._root, *parts)

    def _alone(self) -> AbstractContextManager[None]:
        """While no other thread or process brings a file of this corpus."""
        return alone(self._corpora / "lock")

    def _read_only(self, name: str) -> HaybaleError:
        return HaybaleError(f"{self.path(name)}: a remote corpus is only read")


def _pieces(record: FileRecord) -> range:
    return range(0, record.num_bytes, _PIECE_BYTES)
