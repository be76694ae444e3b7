"""Opens a corpus for reading: on a local disk, or elsewhere through a cache."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np

from haybale.corpus.errors import RecipeError
from haybale.corpus.manifest import Manifest, read_manifest, verify_listed
from haybale.corpus.recipe import nearest
from haybale.corpus.shards import INDEX_PATH, read_index
from haybale.corpus.storage import Folder
from haybale.loaders.remote.mirror import MirroredFolder
from haybale.loaders.remote.settings import Cache
from haybale.loaders.remote.store import RemoteStore
from haybale.loaders.remote.transport import shown
from haybale.loaders.shards.index_rows import IndexRows
from haybale.loaders.shards.local import LocalStore
from haybale.loaders.shards.store import BatchStore


@dataclass(frozen=True)
class OpenCorpus:
    """A corpus that samples can be read from.

    Attributes:
        where: As the user named it, without secrets.
        folder: A local folder with all of it but, where `remote`, its shards.
        manifest: What it is.
        index: Its record batches.
        ranges: First and one past the last row of the index, by subset of the split.
        store: Holds its record batches.
        remote: Whether its shards are elsewhere.
    """

    where: str
    folder: Folder
    manifest: Manifest
    index: IndexRows
    ranges: dict[str, tuple[int, int]]
    store: BatchStore
    remote: bool


def is_remote(path: str | Path) -> bool:
    """Whether a path is a URI of another place than this machine's disks."""
    if isinstance(path, Path):
        if re.match(r"[a-z][a-z0-9]+:/", str(path)):
            raise RecipeError(f"{path}: a URI is no Path, which drops a slash; give it as a string")
        return False
    return "://" in path and not path.startswith("file:")


def open_corpus(path: str | Path, split: str, cache: Cache | None, *, verify: bool) -> OpenCorpus:
    """Open one split of a corpus.

    Args:
        path: A local folder, or an `s3://`, `gs://`, `http://` or `https://` URI.
        split: "train" or "validation".
        cache: Where remote shards are kept; for remote paths only.
        verify: Whether local record batches are compared with their digests; remote ones always
            are.

    Raises:
        RecipeError: If there is no such split, or a cache without anything remote.
        ManifestMismatchError: If the path is no finished corpus.
        CorruptShardError: If a local shard is missing or not as long as it was written.
    """
    if is_remote(path):
        return _open_remote(str(path), split, cache or Cache())
    if cache is not None:
        raise RecipeError(f"cache: has no effect, as {path} is on a local disk; leave it out")
    if str(path).startswith("file:"):
        path = url2pathname(urlsplit(str(path)).path)
    folder = Folder(str(Path(path).absolute()))
    manifest = read_manifest(folder)
    verify_listed(folder, manifest, INDEX_PATH)  # a wrong index sends reads anywhere
    index = IndexRows(read_index(folder))
    ranges = _ranges(index, split, folder.uri)
    store = LocalStore(folder, index, manifest.tokens.dtype, verify=verify)
    for first_row, last_row in ranges.values():
        store.check(first_row, last_row)
    return OpenCorpus(folder.uri, folder, manifest, index, ranges, store, remote=False)


def _open_remote(uri: str, split: str, cache: Cache) -> OpenCorpus:
    folder = MirroredFolder(uri, cache)
    manifest = read_manifest(folder)
    index = IndexRows(read_index(folder))
    where = shown(uri)
    ranges = _ranges(index, split, where)
    store = RemoteStore(uri, index, manifest.tokens.dtype, cache)
    return OpenCorpus(where, folder, manifest, index, ranges, store, remote=True)


def _ranges(index: IndexRows, split: str, where: str) -> dict[str, tuple[int, int]]:
    ranges = index.ranges(split)
    if not ranges:
        raise RecipeError(f"split: {where} has no {split!r}; {nearest(split, index.splits())}")
    return ranges


def check_full_shuffle(corpus: OpenCorpus, max_bytes: int) -> None:
    """Refuse a full shuffle of remote shards that the cache cannot hold.

    Each sample would bring a record batch of megabytes for some kilobytes.

    Raises:
        RecipeError: With the bound that would do.
    """
    rows = np.concatenate([np.arange(*bounds) for bounds in corpus.ranges.values()])
    shards = np.unique(corpus.index.shard_number(rows))
    needed = int(corpus.index.shard_bytes[shards].sum()) * 2
    if needed > max_bytes:
        raise RecipeError(
            f"shuffle: 'full' reads remote shards in random order, so the cache must hold them: "
            f"take 'block', or Cache(max_bytes={needed}) or more (it is {max_bytes})"
        )


def resolve_verify(
    verify: bool | None, shuffle: str | None, on_corrupt: str, *, remote: bool
) -> bool:
    """Whether record batches are compared with their digests; see `TokenDataset`.

    Raises:
        RecipeError: If that is not what is asked for, or makes no sense.
    """
    if on_corrupt not in ("raise", "substitute"):
        raise RecipeError(f"on_corrupt: expected 'raise' or 'substitute', found {on_corrupt!r}")
    if verify not in (True, False, None):
        raise RecipeError(f"verify: expected True, False or None, found {verify!r}")
    if remote:
        if verify is False:
            raise RecipeError(
                "verify: remote record batches are always compared with their digests; leave it out"
            )
        return True
    if verify is None:
        return shuffle != "full" or on_corrupt == "substitute"
    if on_corrupt == "substitute" and not verify:
        raise RecipeError(
            "verify: on_corrupt='substitute' finds damage by digests; leave verify out, or True"
        )
    return verify
