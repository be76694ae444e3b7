"""A look-up touches as much of a corpus of many parts as of one of few."""

import io
import itertools
import json

import pyarrow as pa

from haybale.corpus import document_index
from haybale.corpus.lookup import find_document
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.corpus.token_places import token_at
from haybale.pipeline.build import build
from haybale.pipeline.jobs import lookup_index
from haybale.pipeline.progress import Progress

RECIPE = """
name = "parts"
[[subsets]]
name = "web"
paths = ["*.jsonl"]
[ingest]
part_bytes = 9000
identify_language = false
count_people = false
[tokenizer]
train = { kind = "bpe", vocabulary_size = 300 }
[shards]
target_tokens = 2000
"""


class CountingFolder(Folder):
    """Counts files that are opened, and bytes that are read of them."""

    def __init__(self, uri):
        super().__init__(uri)
        self.opened = []
        self.num_bytes = 0

    def open(self, name):
        outer = self

        class Raw(io.BytesIO):
            def read(self, size=-1):
                data = super().read(size)
                outer.num_bytes += len(data)
                return data

        self.opened.append(name)
        return pa.PythonFile(Raw(self.read(name)), mode="r")


def touched(folder, make_prose, num_parts):
    """Files opened, and most bytes read, by looking a document up, and a token."""
    folder.mkdir()
    for number in range(num_parts):
        rows = [{"text": make_prose(number * 100 + row)} for row in range(10)]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{number:03d}.jsonl").write_text(lines)
    (folder / "recipe.toml").write_text(RECIPE)
    manifest = build(folder / "recipe.toml", str(folder / "out"), progress=Progress(quiet=True))
    assert len([file for file in manifest.files if file.path.startswith("documents/")]) == num_parts
    documents, tokens = [], []
    last = f"out/documents/web/{num_parts - 1:05d}.arrow"
    table = pa.ipc.open_file(folder / last).read_all()
    for doc_id in itertools.islice(table.column("doc_id").to_pylist(), 3):
        counting = CountingFolder(str(folder / "out"))
        found = find_document(counting, read_manifest(counting), doc_id.hex())
        documents.append((len(counting.opened), counting.num_bytes))
        counting = CountingFolder(str(folder / "out"))
        shard, start, _ = found.places[0]
        assert token_at(counting, shard, start).doc_id == doc_id
        tokens.append((len(counting.opened), counting.num_bytes))
    return max(documents), max(tokens)


def test_a_look_up_does_not_read_more_of_a_larger_corpus(tmp_path, prose, monkeypatch):
    for module in (document_index, lookup_index):
        monkeypatch.setattr(module, "BATCH_ROWS", 8)
    few, many = (touched(tmp_path / str(count), prose, count) for count in (3, 24))
    for (num_files, num_bytes), (more_files, more_bytes) in zip(few, many, strict=True):
        assert more_files == num_files
        # Eight times the corpus: three more steps of a binary search, a longer list of batches,
        # and eight times as many rows of shards/index.arrow.
        assert more_bytes < num_bytes * 2
