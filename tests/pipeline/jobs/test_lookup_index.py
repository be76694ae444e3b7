"""The index of documents as the job leaves it."""

import json

import numpy as np
import pyarrow as pa
import pytest

from haybale.corpus import document_index
from haybale.corpus.document_index import DocumentIndex
from haybale.corpus.lookup import find_document
from haybale.corpus.lookup_tables import FILES_PATH, PLACES
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.jobs import lookup_index
from haybale.pipeline.jobs.lookup_index import _merged, _pieces
from haybale.pipeline.jobs.lookup_runs import PLACE
from haybale.pipeline.progress import Progress


def read(folder, kind):
    paths = folder.list(f"lookup/{kind}")
    return pa.concat_tables([pa.ipc.open_file(folder.open(path)).read_all() for path in paths])


def found(folder, ids):
    """What the index says of each document: its place, and its duplicates."""
    index = DocumentIndex(folder, read_manifest(folder))
    return [(index.find(doc_id), index.duplicates_of(doc_id, 9)) for doc_id in ids]


def test_how_many_files_there_are_changes_nothing_else(recipe, tmp_path, undisturbed, monkeypatch):
    monkeypatch.setattr(lookup_index, "FILE_ROWS", 10)  # 69 were read: 7 files
    monkeypatch.setattr(lookup_index, "BATCH_ROWS", 4)
    build(recipe, str(tmp_path / "many"), progress=Progress(quiet=True))
    one, many = Folder(str(undisturbed)), Folder(str(tmp_path / "many"))
    assert len(many.list("lookup/documents")) == len(many.list("lookup/duplicates")) == 7
    for kind in ("documents", "duplicates"):
        assert read(many, kind).equals(read(one, kind))
    ids = read(one, "documents").column("doc_id").to_pylist()
    assert ids == sorted(ids)
    assert len(ids) == 69
    expected = found(one, ids)
    monkeypatch.setattr(document_index, "BATCH_ROWS", 4)  # as `many` was written
    assert found(many, ids) == expected
    assert not any(name.startswith("run/lookup/rows") for name in many.list("run"))


def test_records_are_numbered_in_their_file_and_unreadable_ones_have_no_number(tmp_path):
    texts = [f"text number {number} about hay and bales" for number in range(30)]
    lines = [json.dumps({"text": text}) + "\n" for text in texts]
    (tmp_path / "a.jsonl").write_text("".join(lines[:10]))
    (tmp_path / "b.jsonl").write_text("".join([*lines[10:15], "{broken\n", *lines[15:]]))
    (tmp_path / "recipe.toml").write_text(
        'name = "files"\n[[subsets]]\nname = "web"\npaths = ["*.jsonl"]\n'
        "[ingest]\nidentify_language = false\ncount_people = false\n"
        "max_unreadable_fraction = 0.5\n"
        '[tokenizer]\ntrain = { kind = "bpe", vocabulary_size = 300 }\n'
    )
    folder = Folder(str(tmp_path / "out"))
    manifest = build(tmp_path / "recipe.toml", folder.uri, progress=Progress(quiet=True))
    files = pa.ipc.open_file(folder.open(FILES_PATH)).read_all().to_pylist()
    assert [(row["name"], row["first_row"]) for row in files] == [("a.jsonl", 0), ("b.jsonl", 10)]
    table = pa.ipc.open_file(folder.open("documents/web/00000.arrow")).read_all().to_pylist()
    for row, file, record in ((9, "a.jsonl", 9), (10, "b.jsonl", 0), (15, "b.jsonl", 5)):
        assert table[row]["text"] == texts[row]
        found = find_document(folder, manifest, table[row]["doc_id"].hex())
        assert (found.file, found.record) == (file, record)


def rows(*told):
    made = np.zeros(len(told), PLACE)
    for name in PLACE.names[1:]:
        made[name] = -1
    for at, (number, fields) in enumerate(told):
        made["id"][at] = (0, number)
        for name, value in fields.items():
            made[name][at] = value
    return made


def test_what_part_and_shard_tell_of_a_document_is_brought_together():
    told = [
        (1, {"file": 0, "measures_row": 5}),
        (2, {"token_batch": 3, "start": 0, "tokens": 9}),
        (2, {"file": 1, "measures_row": 6, "documents_row": 0}),
    ]
    merged = _merged(rows(*told))
    assert merged["file"].tolist() == [0, 1]
    assert merged["token_batch"].tolist() == [-1, 3]
    assert merged["start"].tolist() == [-1, 0]
    assert merged["documents_row"].tolist() == [-1, 0]


@pytest.mark.parametrize(
    "told",
    [
        [(1, {"file": 0}), (1, {"file": 1})],
        [(1, {"file": 0}), (1, {"token_batch": 1}), (1, {"token_batch": 2})],
        [(1, {"token_batch": 1})],
    ],
)
def test_two_documents_of_one_id_or_tokens_of_none_are_our_own_mistake(told):
    with pytest.raises(AssertionError):
        _merged(rows(*told))


def test_how_rows_come_in_blocks_leaves_no_trace(monkeypatch):
    monkeypatch.setattr(lookup_index, "BATCH_ROWS", 4)
    numbers = np.arange(11)
    for cuts in ((), (3,), (4, 8), (1, 2, 9)):
        pieces = list(_pieces(iter(np.split(numbers, cuts)), numbers.dtype))
        assert [len(piece) for piece in pieces] == [4, 4, 3]
        assert np.concatenate(pieces).tolist() == numbers.tolist()
    assert PLACE.names[1:] == tuple(PLACES.names[1:])
