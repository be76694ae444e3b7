"""What verification finds where a takedown is not what manifest and record say."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from haybale.corpus.digests import digest
from haybale.corpus.manifest import read_manifest, write_manifest
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder
from haybale.corpus.takedowns import TAKEN_PATH


@pytest.fixture(scope="module")
def taken(built, tmp_path_factory):
    """The corpus without two of its documents, not to be changed."""
    from haybale.pipeline.progress import Progress
    from haybale.pipeline.takedown.remove import remove

    path = shutil.copytree(built, tmp_path_factory.mktemp("taken") / "out")
    kept = pq.read_table(path / "card/ids/kept.parquet").column("doc_id").to_pylist()
    ids = np.unique(np.array([kept[0], kept[30]], "S16"))
    remove(Folder(str(path)), ids, progress=Progress(quiet=True))
    return path


@pytest.fixture
def corpus(taken, tmp_path):
    return shutil.copytree(taken, tmp_path / "out")


def told(corpus, **changes):
    """Rewrite the manifest: other facts, and the digests that files now have."""
    folder = Folder(str(corpus))
    manifest = read_manifest(folder)
    files = [
        FileRecord(record.path, len(data := folder.read(record.path)), digest(data))
        for record in manifest.files
    ]
    write_manifest(folder, replace(manifest, **{"files": files, **changes}))


def test_a_taken_down_corpus_is_sound(corpus, problems):
    assert problems(corpus, full=True) == problems(corpus) == ()


def test_a_takedown_of_which_no_id_is_recorded(corpus, problems):
    folder = Folder(str(corpus))
    files = [one for one in read_manifest(folder).files if one.path != TAKEN_PATH]
    told(corpus, files=files)
    assert any("tells of takedowns, and names no takedown/doc" in one for one in problems(corpus))


def test_a_takedown_of_another_number_of_documents(corpus, problems):
    lineage = json.loads(json.dumps(read_manifest(Folder(str(corpus))).lineage))
    lineage["takedowns"][0]["documents"] = 3
    told(corpus, lineage=lineage)
    (found, *_) = problems(corpus)
    assert "takedown 1 took (2, 0) documents (from shards, from elsewhere), the manifest" in found


def test_rows_that_the_record_does_not_name(corpus, problems):
    path = next((corpus / "takedown/rows").rglob("*.arrow"))
    rows = pa.ipc.open_file(path.read_bytes()).read_all()
    other = pa.array([bytes(15) + b"\1"] * rows.num_rows, pa.binary(16))
    rows = rows.set_column(1, rows.schema.field(1), other)
    with pa.ipc.new_file(str(path), rows.schema) as writer:
        writer.write_table(rows)
    told(corpus)
    assert any(
        "other documents of the corpus than takedown/rows/" in one for one in problems(corpus)
    )


def test_a_text_that_came_back(built, corpus, problems):
    """As from a copy of the corpus of before."""
    row = pa.ipc.open_file(str(corpus / TAKEN_PATH)).read_all().to_pylist()[0]
    for path in (built / "documents").rglob("*.arrow"):
        ids = pa.ipc.open_file(str(path)).read_all().column("doc_id").to_pylist()
        if row["doc_id"] in ids:
            shutil.copy(path, corpus / path.relative_to(built))
    told(corpus)
    assert problems(corpus) == ()  # a quick one does not read texts of others
    (found, *_) = problems(corpus, full=True)
    assert f"holds document {row['doc_id'].hex()}, which was taken down" in found


def test_a_list_that_says_that_it_is_kept(built, corpus, problems):
    shutil.copy(built / "card/ids/kept.parquet", corpus / "card/ids/kept.parquet")
    told(corpus)
    found = [one for one in problems(corpus, full=True) if "which was taken down" in one]
    assert len(found) == 2
    assert "card/ids/kept.parquet" in found[0]


@pytest.mark.parametrize("folder", ["shards", "packing", "chunks"])
def test_a_file_that_the_manifest_does_not_name(folder, corpus, problems):
    """As a stopped takedown, or a copy over another corpus, leaves it."""
    (corpus / folder / "train").mkdir(parents=True, exist_ok=True)
    (corpus / folder / "train/left.arrow").write_bytes(b"left")
    (corpus / folder / ".hidden").write_bytes(b"of a file manager")
    (found,) = problems(corpus)
    assert f"{folder}/train/left.arrow: the manifest names no such file" in found
    assert "delete it" in found
