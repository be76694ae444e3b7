"""Exports read back by the peers' own packages, and beside what the peers' own writers write."""

import gzip
import json
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from haybale.corpus.digests import document_ids
from haybale.corpus.manifest import Manifest, read_manifest, write_manifest
from haybale.corpus.shards import (
    TokenFormat,
    token_batch,
    tokens_schema,
    write_index,
    write_shard,
)
from haybale.corpus.storage import Folder
from haybale.loaders.export import export_corpus
from haybale.loaders.export.selection import select

pytestmark = pytest.mark.oracle

EOS, WINDOW = 1, 64
TOKENIZER = "0123456789abcdef" * 2
SHARDS = (3000, 7, 1)
"""Documents of each shard; the first has more than one record batch."""
TORCH = "torch==2.13.0"


def python_of(peer):
    """The peer's Python; installs it on the first call."""
    from peers import DATATROVE, DOLMA, peer_python

    environments = {
        "megatron": ("megatron", TORCH, "megatron-core==0.16.1"),
        "datatrove": ("datatrove-torch", TORCH, *DATATROVE),
        "dolma": ("dolma", *DOLMA),
        "olmo": ("olmo-core", TORCH, "ai2-olmo-core==3.0.0"),
    }
    return peer_python(*environments[peer])


@pytest.fixture(scope="module", params=[65_536, 100_000], ids=["uint16", "uint32"])
def corpus(request, tmp_path_factory):
    """Random documents of log-normal length in three shards, the largest ids among them."""
    rng, token_format = np.random.default_rng(0), TokenFormat(TOKENIZER, request.param, -1, EOS, 0)
    folder, files, tables = Folder(tmp_path_factory.mktemp("corpus")), [], []
    schema, first, num_tokens = tokens_schema(token_format, "books", "train"), 0, 0
    for number, documents in enumerate(SHARDS):
        lengths = np.maximum(1, rng.lognormal(5.5, 1.2, documents)).astype(np.int64)
        offsets = np.append(0, np.cumsum(lengths))
        ids = rng.integers(2, request.param, offsets[-1]).astype(token_format.dtype)
        ids[0], ids[offsets[1:] - 1] = request.param - 1, EOS
        doc_ids = document_ids("books", "made", range(first, first + documents))
        piece = token_batch(schema, doc_ids, offsets, ids)
        path = f"shards/train/books/{number:05d}.arrow"
        record, rows = write_shard(folder, path, schema, [piece])
        files.append(record)
        tables.append(rows)
        first, num_tokens = first + documents, num_tokens + int(offsets[-1])
    files.append(write_index(folder, tables))
    counts = {
        "documents": first,
        "text_bytes": 0,
        "tokens": num_tokens,
        "shards": len(SHARDS),
    }
    totals = {"train": {"books": counts}, "validation": {}}
    manifest = Manifest("made", {}, {}, totals, {"books": 1.0}, token_format, tuple(files))
    write_manifest(folder, manifest)
    return folder


def shards_of(corpus):
    shards = []
    for record in read_manifest(corpus).files:
        if record.path.startswith("shards/train"):
            table = pa.ipc.open_file(corpus.open(record.path)).read_all()
            shards.append(
                {
                    "name": Path(record.path).stem,
                    "path": record.path,
                    "doc_ids": [one.hex() for one in table.column("doc_id").to_pylist()],
                    "documents": table.column("tokens").to_pylist(),
                }
            )
    return shards


def ask(peer, corpus, tmp_path, *, form=None):
    """Export, and have the peer read and write: its answers, our folder and its own."""
    manifest, folder = read_manifest(corpus), tmp_path / "peer"
    folder.mkdir()
    export_corpus(
        form or peer, corpus, manifest, select(corpus, manifest), Folder(tmp_path / "ours")
    )
    ours = tmp_path / "ours" / "train"
    shards = shards_of(corpus)
    asked = {
        "ours": str(ours),
        "peer": str(folder),
        "shards": shards,
        "token_bytes": manifest.tokens.dtype.itemsize,
        "vocabulary_size": manifest.tokens.vocabulary_size,
        "tokenizer": f"xxh3-128:{TOKENIZER}",
        "eos_id": EOS,
        "window": WINDOW,
    }
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    script = Path(__file__).with_name("peer_formats.py")
    arguments = [peer, tmp_path / "asked.json", tmp_path / "answers.json"]
    subprocess.run([python_of(peer), script, *arguments], check=True)
    return json.loads((tmp_path / "answers.json").read_text()), shards, ours, folder


def all_documents(shards):
    return [document for shard in shards for document in shard["documents"]]


def windows_of(shards, of_document):
    """What fits into each shard's windows of its documents' values."""
    found = []
    for shard in shards:
        values = [value for document in shard["documents"] for value in of_document(document)]
        found += [values[at : at + WINDOW] for at in range(0, len(values) - WINDOW + 1, WINDOW)]
    return found


def test_megatron_reads_every_document_and_would_have_written_these_bytes(corpus, tmp_path):
    answers, shards, ours, peer = ask("megatron", corpus, tmp_path)
    expected = all_documents(shards)
    assert answers["read"] == {"mmap=True": expected, "mmap=False": expected}
    assert answers["bounds"] == list(range(len(expected) + 1))
    for name in ("books.bin", "books.idx"):
        assert (ours / name).read_bytes() == (peer / name).read_bytes()


def test_datatrove_reads_every_document_and_would_have_written_these_bytes(corpus, tmp_path):
    answers, shards, ours, peer = ask("datatrove", corpus, tmp_path)
    assert answers["read"] == {"merger": all_documents(shards)}
    assert answers["windows"] == windows_of(shards, lambda document: document)
    assert [row[0] for row in answers["positions"]] == [0] * len(answers["windows"])
    # Positions count from the window's beginning where a document began before it.
    within = windows_of(shards, lambda document: range(len(document)))
    for found, expected in zip(answers["positions"], within, strict=True):
        cut = next((at for at, value in enumerate(expected) if value == 0), WINDOW)
        assert found == [*range(cut), *expected[cut:]]
    for shard in shards:
        for suffix in ("ds", "ds.index", "ds.metadata"):
            name = f"{shard['name']}.{suffix}"
            assert (ours / "books" / name).read_bytes() == (peer / name).read_bytes()


def test_dolma_reads_every_document_and_would_have_written_these_bytes(corpus, tmp_path):
    answers, shards, ours, peer = ask("dolma", corpus, tmp_path, form="olmo")
    assert answers["read"] == {"merged": all_documents(shards)}
    assert answers["doc_ids"] == [one for shard in shards for one in shard["doc_ids"]]
    for shard in shards:
        name = shard["name"]
        assert (ours / f"books/{name}.npy").read_bytes() == (peer / f"{name}.npy").read_bytes()
        tables = (ours / f"books/{name}.csv.gz", peer / f"{name}.csv.gz")
        assert len({gzip.decompress(table.read_bytes()) for table in tables}) == 1


def test_olmo_core_reads_every_document_and_every_instance(corpus, tmp_path):
    answers, shards, _, _ = ask("olmo", corpus, tmp_path)
    expected = all_documents(shards)
    assert answers["read"] == {"table": expected, "array": expected}
    assert answers["windows"] == windows_of(shards, lambda document: document)
