import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from loader_remote_peer import Fault, Link

from haybale.corpus.errors import CorruptShardError, HaybaleError, ManifestMismatchError
from haybale.corpus.manifest import read_manifest, write_manifest
from haybale.corpus.pending import FileRecord
from haybale.corpus.shards import INDEX_PATH, read_index
from haybale.corpus.storage import Folder
from haybale.loaders.remote import mirror
from haybale.loaders.remote.mirror import MirroredFolder
from haybale.loaders.remote.settings import Cache
from haybale.loaders.remote.transport import RemoteError

from .conftest import QUICK, uri_of


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def gets(link: Link, name: str) -> int:
    return sum(request.path.endswith(name) for request in link.requests)


def test_readers_of_folders_find_what_is_there(link: Link, cache: Cache, corpus: Path) -> None:
    folder = MirroredFolder(uri_of(link), cache, QUICK)
    assert read_manifest(folder) == read_manifest(Folder(corpus))
    assert read_index(folder).equals(read_index(Folder(corpus)))
    assert folder.list() == Folder(corpus).list()
    assert folder.size(INDEX_PATH) == (corpus / INDEX_PATH).stat().st_size
    assert folder.exists(INDEX_PATH)
    assert not folder.exists("none")
    assert folder.size("none") == -1


def test_a_file_comes_when_it_is_first_read_and_stays(web: Link, cache: Cache) -> None:
    folder = MirroredFolder(uri_of(web), cache, QUICK)
    assert gets(web, INDEX_PATH) == 0
    for _ in range(2):
        read_index(folder)
    read_index(MirroredFolder(uri_of(web), cache, QUICK))
    assert gets(web, INDEX_PATH) == 1


def test_a_large_file_comes_in_pieces(
    web: Link, cache: Cache, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "_PIECE_BYTES", 1000)
    folder = MirroredFolder(uri_of(web), cache, QUICK)
    data = (corpus / INDEX_PATH).read_bytes()
    assert folder.read(INDEX_PATH) == data
    assert gets(web, INDEX_PATH) == -(-len(data) // 1000)


@pytest.mark.parametrize("name", ["corpus.json", INDEX_PATH])
@pytest.mark.parametrize("kind", ["flip", "truncate", "hang up"])
def test_a_passing_fault_is_survived(link: Link, cache: Cache, kind: str, name: str) -> None:
    # The first two requests of a manifest may be for its length, of which half is no byte.
    link.faults += [Fault(kind, path=name)] * 2  # type: ignore[arg-type]
    assert read_index(MirroredFolder(uri_of(link), cache, QUICK)).num_rows > 0
    assert not link.faults


def test_a_spoilt_file_of_the_mirror_is_fetched_again(
    web: Link, cache: Cache, corpus: Path
) -> None:
    MirroredFolder(uri_of(web), cache, QUICK).read(INDEX_PATH)
    (kept,) = Path(cache.folder).rglob("index.arrow")
    kept.write_bytes(b"\0" * kept.stat().st_size)
    data = MirroredFolder(uri_of(web), cache, QUICK).read(INDEX_PATH)
    assert data == (corpus / INDEX_PATH).read_bytes()


def test_a_file_that_is_not_the_manifests_is_named(web: Link, cache: Cache, corpus: Path) -> None:
    index = corpus / INDEX_PATH
    index.write_bytes(b"\0" * index.stat().st_size)
    with pytest.raises(CorruptShardError, match=r"index.arrow: its digest is not the manifest's"):
        read_index(MirroredFolder(uri_of(web), cache, QUICK))
    assert not list(Path(cache.folder).rglob("*.arriving"))


def test_a_changed_manifest_is_named_by_its_remote_path(
    web: Link, cache: Cache, corpus: Path
) -> None:
    path = corpus / "corpus.json"
    path.write_text(path.read_text().replace('"made"', '"mode"'))
    with pytest.raises(CorruptShardError, match=rf"^{uri_of(web)}/corpus.json: its content no"):
        MirroredFolder(uri_of(web), cache, QUICK)


def test_a_corpus_that_was_built_again_is_another_folder(
    web: Link, cache: Cache, corpus: Path
) -> None:
    MirroredFolder(uri_of(web), cache, QUICK)
    content = json.loads((corpus / "corpus.json").read_text())
    manifest = read_manifest(Folder(corpus))
    write_manifest(Folder(corpus), replace(manifest, name="again"))
    again = MirroredFolder(uri_of(web), cache, QUICK)
    assert read_manifest(again).name == "again"
    folders = {path.parent.name for path in Path(cache.folder).rglob("corpus.json")}
    assert folders == {content["digest"], read_manifest(again).digest}


def test_a_place_without_a_corpus_is_named(link: Link, cache: Cache) -> None:
    place = "/corpus" if "/corpus" in uri_of(link) else f":{link.port}"
    uri = uri_of(link).replace(place, f"{place}/none", 1)
    with pytest.raises(ManifestMismatchError, match="expected a finished corpus, found no corpus"):
        MirroredFolder(uri, cache, QUICK)


def test_a_place_that_does_not_answer_is_named_soon(
    web: Link, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "FIRST_CONTACT_SECONDS", 0.2)
    web.faults += [Fault("hang up")] * 100
    with pytest.raises(RemoteError, match=r"corpus.json: given up after"):
        MirroredFolder(uri_of(web), cache)


def test_shards_and_files_outside_are_refused(web: Link, cache: Cache, corpus: Path) -> None:
    manifest = read_manifest(Folder(corpus))
    files = (*manifest.files, FileRecord("../outside", 1, "0" * 32))
    write_manifest(Folder(corpus), replace(manifest, files=files))
    folder = MirroredFolder(uri_of(web), cache, QUICK)
    with pytest.raises(HaybaleError, match="are read by record batches; copy the corpus"):
        folder.open("shards/train/books/00000.arrow")
    with pytest.raises(CorruptShardError, match="names a file outside"):
        folder.read("../outside")
    with pytest.raises(CorruptShardError, match="names no such file"):
        folder.read("none")
    with pytest.raises(HaybaleError, match="only read"):
        folder.commit_bytes("new", b"")
    with pytest.raises(HaybaleError, match="only read"):
        folder.remove(INDEX_PATH)


def test_a_mirror_travels_to_another_process(web: Link, cache: Cache) -> None:
    copy = pickle.loads(pickle.dumps(MirroredFolder(uri_of(web), cache, QUICK)))
    assert read_index(copy).num_rows > 0
