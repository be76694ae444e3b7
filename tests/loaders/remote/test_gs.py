"""Google Cloud Storage, as far as an emulator of it goes: without faults."""

from pathlib import Path

import pytest

from haybale.corpus.errors import ManifestMismatchError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.shards import INDEX_PATH
from haybale.corpus.storage import Folder
from haybale.loaders.remote.mirror import MirroredFolder
from haybale.loaders.remote.settings import Cache
from haybale.loaders.remote.transport import open_transport
from haybale.loaders.shards.index_rows import IndexRows

from .conftest import QUICK, Opener, all_rows
from .test_store import held, stored


def test_ranges_are_exact(gs_uri: str, corpus: Path) -> None:
    transport, whole = open_transport(gs_uri, 10.0), (corpus / INDEX_PATH).read_bytes()
    assert transport.size(INDEX_PATH) == len(whole)
    for start, length in ((0, 1), (7, 1000), (len(whole) - 5, 5), (0, len(whole))):
        assert transport.read(INDEX_PATH, start, length) == whole[start : start + length]
    with pytest.raises(EOFError, match=f"{len(whole)} bytes"):
        transport.read(INDEX_PATH, len(whole) - 5, 6)
    with pytest.raises(FileNotFoundError):
        transport.read("none", 0, 1)


def test_every_record_batch_is_what_the_shards_hold(
    gs_uri: str, open_store: Opener, index: IndexRows, corpus: Path
) -> None:
    rows = all_rows(index)
    assert held(open_store(gs_uri), index, rows) == stored(corpus, index, rows)


def test_a_mirror_has_the_manifest_and_misses_what_is_not_there(
    gs_uri: str, corpus: Path, tmp_path: Path
) -> None:
    folder = MirroredFolder(gs_uri, Cache(tmp_path / "cache"), QUICK)
    assert read_manifest(folder) == read_manifest(Folder(corpus))
    with pytest.raises(ManifestMismatchError, match=r"^gs://bucket/none: expected a finished"):
        MirroredFolder(gs_uri.replace("bucket/corpus", "bucket/none"), Cache(tmp_path / "cache"))
