"""Corpora behind a web server and a real S3-compatible server, each behind a link with faults."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow.fs as pafs
import pytest
from loader_remote_peer import Link
from object_stores import gs_server, s3_server

from haybale.corpus.manifest import read_manifest
from haybale.corpus.shards import Regrouper, read_index
from haybale.corpus.storage import Folder
from haybale.loaders.remote import settings
from haybale.loaders.remote.retry import RetryPolicy
from haybale.loaders.remote.settings import Cache
from haybale.loaders.remote.store import RemoteStore
from haybale.loaders.shards.index_rows import IndexRows

QUICK = RetryPolicy(
    max_attempts=5, first_wait_seconds=0.01, max_wait_seconds=0.05, attempt_seconds=1.0
)
"""As patient as tests can afford."""

Corpus = Callable[..., Path]
Opener = Callable[..., RemoteStore]


@pytest.fixture
def small_cache_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches of a few kB, for corpora of a few kB."""
    monkeypatch.setattr(settings, "MIN_BYTES", 1)


@pytest.fixture
def web(corpus: Path) -> Iterator[Link]:
    """The corpus on a web server."""
    with Link(folder=corpus).running() as link:
        yield link


@pytest.fixture(scope="session")
def stored_corpus(tmp_path_factory: pytest.TempPathFactory, corpus_writer: Corpus) -> Path:
    """Two subsets, three shards each, in record batches of 64 tokens and a document."""
    generator = np.random.default_rng(0)
    subsets = {
        subset: [
            [
                [*generator.integers(2, 30_000, length), 1]
                for length in generator.integers(1, 40, 35)
            ]
            for _ in range(3)
        ]
        for subset in ("books", "web")
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Regrouper.__init__, "__defaults__", (64,))
        return corpus_writer(tmp_path_factory.mktemp("stored") / "corpus", subsets)


@pytest.fixture
def corpus(stored_corpus: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(stored_corpus, tmp_path / "corpus"))


@pytest.fixture(scope="session")
def s3_port(stored_corpus: Path) -> Iterator[int]:
    """Of moto's S3 server, which has the corpus under `bucket/corpus`."""
    with s3_server() as port:
        filesystem = pafs.S3FileSystem(
            access_key="key",
            secret_key="secret",
            region="us-east-1",
            endpoint_override=f"127.0.0.1:{port}",
            scheme="http",
        )
        pafs.copy_files(str(stored_corpus), "bucket/corpus", pafs.LocalFileSystem(), filesystem)
        yield port


@pytest.fixture(scope="session")
def gs_uri(stored_corpus: Path) -> Iterator[str]:
    """Of the corpus on an emulator of Google Cloud Storage; no link fits in front: see `Link`."""
    with gs_server() as port:
        uri = f"gs://anonymous@bucket/corpus?scheme=http&endpoint_override=127.0.0.1:{port}"
        filesystem, path = pafs.FileSystem.from_uri(uri)
        pafs.copy_files(str(stored_corpus), path, pafs.LocalFileSystem(), filesystem)
        yield uri


@pytest.fixture
def s3(s3_port: int) -> Iterator[Link]:
    """The corpus on the S3 server; see `uri_of`."""
    with Link(upstream=("127.0.0.1", s3_port)).running() as link:
        yield link


def uri_of(link: Link) -> str:
    """Where the corpus behind a link lies."""
    if link.upstream is None:
        return f"http://127.0.0.1:{link.port}"
    options = f"endpoint_override=127.0.0.1:{link.port}&scheme=http&region=us-east-1"
    return f"s3://key:secret@bucket/corpus?{options}"


@pytest.fixture(params=["web", "s3"])
def link(request: pytest.FixtureRequest) -> Link:
    """The corpus behind either kind of server."""
    found: Link = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def index(corpus: Path) -> IndexRows:
    return IndexRows(read_index(Folder(corpus)))


@pytest.fixture
def open_store(
    corpus: Path, index: IndexRows, tmp_path: Path, small_cache_allowed: None
) -> Iterator[Opener]:
    """Opens stores on the corpus behind a link, and closes them."""
    stores: list[RemoteStore] = []
    dtype = read_manifest(Folder(corpus)).tokens.dtype

    def opened(place: Link | str, **options: int) -> RemoteStore:
        uri = place if isinstance(place, str) else uri_of(place)
        cache = Cache(tmp_path / "cache", **{"max_bytes": 1 << 20, "readers": 4, **options})
        stores.append(RemoteStore(uri, index, dtype, cache, QUICK))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


def bytes_below(folder: Path) -> int:
    """Of record batches, counted without the cache's own books."""
    folders = (folder / "batches", folder / "arriving")
    files = [path for each in folders for path in each.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files)


def all_rows(index: IndexRows) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.arange(len(index), dtype=np.int64)
