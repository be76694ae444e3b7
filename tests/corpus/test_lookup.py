"""Looking documents up: by the index, by a scan where there is none, and what that touches."""

import io
import shutil
from dataclasses import replace

import pyarrow as pa
import pytest

from haybale.corpus.document_index import DocumentIndex
from haybale.corpus.document_scan import DocumentScan
from haybale.corpus.errors import CorruptShardError
from haybale.corpus.lookup import document_finder, find_document
from haybale.corpus.manifest import read_manifest, write_manifest
from haybale.corpus.storage import Folder


def ids_read(folder):
    """Every document that was read."""
    paths = folder.list("measures")
    tables = [pa.ipc.open_file(folder.open(path)).read_all() for path in paths]
    return [doc_id for table in tables for doc_id in table.column("doc_id").to_pylist()]


def without_index(corpus):
    """The corpus as an earlier release would have made it."""
    folder = Folder(str(corpus))
    manifest = read_manifest(folder)
    files = tuple(file for file in manifest.files if not file.path.startswith("lookup/"))
    shutil.rmtree(corpus / "lookup")
    write_manifest(folder, replace(manifest, files=files))
    return folder


def test_the_index_says_of_every_document_what_a_scan_finds(built):
    folder = Folder(str(built))
    manifest = read_manifest(folder)
    index, scan = DocumentIndex(folder, manifest), DocumentScan(folder, manifest)
    ids = ids_read(folder)
    assert len(ids) == 62
    for doc_id in ids:
        found = index.find(doc_id)
        assert replace(found, file=None, record=None) == scan.find(doc_id)
        assert index.duplicates_of(doc_id, 9) == scan.duplicates_of(doc_id, 9)
    assert sum(bool(index.duplicates_of(doc_id, 9)) for doc_id in ids) == 2


def test_the_index_knows_the_input_file_and_the_record(built):
    folder = Folder(str(built))
    manifest = read_manifest(folder)
    table = pa.ipc.open_file(folder.open("measures/web/00001.arrow")).read_all()
    # The last record but one of b is a copy of its fourth text: one of them stands for the other.
    ids = [table.column("doc_id")[row].as_py().hex() for row in (3, 20)]
    both = [find_document(folder, manifest, doc_id) for doc_id in ids]
    for found, record in zip(both, (3, 20), strict=True):
        assert (found.subset, found.part) == ("web", "web/00001")
        assert (found.file, found.record) == ("b.jsonl", record)
        assert found.by_index
    removed, survivor = sorted(both, key=lambda found: found.places)
    assert removed.removal["survivor"].hex() == survivor.doc_id
    assert removed.places == []
    assert all(piece.same for piece in removed.difference)
    assert survivor.duplicates == [removed.doc_id]
    assert survivor.cluster == removed.cluster == survivor.doc_id


def test_an_earlier_corpus_is_scanned_and_gives_the_same(corpus):
    folder = Folder(str(corpus))
    ids = ids_read(folder)
    before = [find_document(folder, read_manifest(folder), doc_id.hex()) for doc_id in ids]
    folder = without_index(corpus)
    manifest = read_manifest(folder)
    assert isinstance(document_finder(folder, manifest), DocumentScan)
    for one in before:
        found = find_document(folder, manifest, one.doc_id)
        assert found == replace(one, by_index=False, file=None, record=None)


class CountingFolder(Folder):
    """Counts files that are opened, and bytes that are read of them."""

    opened: dict[str, int]

    def open(self, name):
        outer = self

        class Raw(io.BytesIO):
            def read(self, size=-1):
                data = super().read(size)
                outer.opened[name] = outer.opened.get(name, 0) + len(data)
                return data

        self.opened.setdefault(name, 0)
        return pa.PythonFile(Raw(self.read(name)), mode="r")


def test_a_look_up_reads_only_its_own_part_and_shard(built):
    folder = CountingFolder(str(built))
    manifest = read_manifest(folder)
    for doc_id in ids_read(Folder(str(built)))[::7]:
        folder.opened = {}
        found = find_document(folder, manifest, doc_id.hex())
        allowed = {"lookup/files.arrow", "shards/index.arrow"}
        parts = {name for name in folder.opened if not name.startswith("lookup/")} - allowed
        if not found.removal:
            assert all(found.part in name for name in parts)
        assert not any(name.startswith("shards/train") for name in parts)


def test_files_that_contradict_the_index_are_an_error(corpus):
    folder = Folder(str(corpus))
    manifest = read_manifest(folder)
    table = pa.ipc.open_file(folder.open("documents/web/00000.arrow")).read_all()
    doc_id = table.column("doc_id")[0].as_py()
    shutil.copy(corpus / "documents/web/00001.arrow", corpus / "documents/web/00000.arrow")
    with pytest.raises(CorruptShardError, match=r"expected document .* found it 0 times"):
        find_document(folder, manifest, doc_id.hex())
