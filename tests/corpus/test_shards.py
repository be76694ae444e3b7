import itertools
import json

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus import shards
from haybale.corpus.digests import document_ids
from haybale.corpus.errors import CorruptShardError, ManifestMismatchError, SchemaError
from haybale.corpus.manifest import Manifest, read_manifest, write_manifest
from haybale.corpus.shards import (
    Regrouper,
    TokenFormat,
    read_format,
    read_index,
    token_batch,
    tokens_schema,
    write_index,
    write_shard,
)
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus

FORMAT = TokenFormat("ab" * 16, 500, 1, 2, 0)
SCHEMA = tokens_schema(FORMAT, "books", "train")


def batch_of(lengths):
    """Documents of these lengths; token values count up, the last of each document is EOS."""
    ids = (np.arange(sum(lengths)) % 400 + 3).astype(np.uint16)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    ids[offsets[1:] - 1] = FORMAT.eos_id
    return token_batch(SCHEMA, document_ids("books", "x", range(len(lengths))), offsets, ids)


def write(folder, lengths, cuts=()):
    batch = batch_of(lengths)
    edges = [0, *cuts, batch.num_rows]
    pieces = [batch.slice(a, b - a) for a, b in itertools.pairwise(edges)]
    return write_shard(Folder(str(folder)), "shards/train/books/00000.arrow", SCHEMA, pieces)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30), st.data())
def test_how_a_stream_is_cut_into_pieces_leaves_no_trace(lengths, data):
    batch = batch_of(lengths)
    cuts = sorted(data.draw(st.sets(st.integers(0, batch.num_rows), max_size=5)))
    edges = [0, *cuts, batch.num_rows]
    regrouper, found = Regrouper(SCHEMA, 50), []
    for start, stop in itertools.pairwise(edges):
        found += regrouper.add(batch.slice(start, stop - start))
    found += regrouper.rest()
    assert pa.Table.from_batches(found).equals(pa.Table.from_batches([batch]))
    sizes = [len(piece.column("tokens").values) for piece in found]
    # Each batch is closed with the document that reaches 50 tokens, none before, none after.
    assert all(size >= 50 for size in sizes[:-1])
    assert all(
        size - piece.column("tokens").value_lengths()[-1].as_py() < 50
        for size, piece in zip(sizes, found, strict=True)
    )


def test_the_same_documents_give_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "BATCH_TOKENS", 64)
    one, _ = write(tmp_path / "one", [5] * 40)
    two, _ = write(tmp_path / "two", [5] * 40, cuts=(1, 7, 30))
    assert one.digest == two.digest


def test_the_index_finds_the_buffers_of_every_batch(tmp_path):
    _, rows = write(tmp_path, [3, 4])
    raw = (tmp_path / "shards/train/books/00000.arrow").read_bytes()
    (row,) = rows.to_pylist()
    values = np.frombuffer(raw, np.uint16, 7, row["values_position"])
    offsets = np.frombuffer(raw, np.int32, 3, row["offsets_position"])
    ids = raw[row["doc_ids_position"] : row["doc_ids_position"] + 32]
    assert values.tolist() == [3, 4, 2, 6, 7, 8, 2]
    assert offsets.tolist() == [0, 3, 7]
    assert ids == b"".join(document_ids("books", "x", range(2)).to_pylist())
    assert row["shard_bytes"] == len(raw)
    assert row["digest"] == xxhash.xxh3_128_hexdigest(ids + offsets.tobytes() + values.tobytes())


def test_a_vocabulary_beyond_16_bits_takes_32():
    assert FORMAT.dtype == np.uint16
    assert TokenFormat("x", 1 << 16, 1, 2, 0).dtype == np.uint16
    assert TokenFormat("x", (1 << 16) + 1, 1, 2, 0).dtype == np.uint32


def test_a_file_of_another_format_is_refused():
    assert read_format(SCHEMA, "here") == FORMAT
    with pytest.raises(SchemaError, match=r"here: expected a token shard .* found none"):
        read_format(pa.schema([]), "here")


@pytest.fixture
def corpus(tmp_path):
    """A finished corpus of one shard."""
    record, rows = write(tmp_path, [3, 4, 50])
    folder = Folder(str(tmp_path))
    counts = {"documents": 3, "text_bytes": 100, "tokens": 57, "shards": 1}
    manifest = Manifest(
        name="tiny",
        recipe={},
        lineage={},
        totals={"train": {"books": counts}},
        weights={"books": 1.0},
        tokens=FORMAT,
        files=(record, write_index(folder, [rows])),
    )
    write_manifest(folder, manifest)
    return folder


def test_a_sound_corpus_verifies(corpus):
    result = verify_corpus(corpus, full=True)
    assert result.problems == ()
    assert (result.documents, result.tokens) == (3, 57)


def test_flipping_any_one_byte_of_a_shard_is_noticed_and_names_it(corpus, tmp_path):
    path = tmp_path / "shards/train/books/00000.arrow"
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        path.write_bytes(damaged)
        (problem, *_) = verify_corpus(corpus).problems
        assert "shards/train/books/00000.arrow" in problem, at


def test_missing_and_truncated_shards_are_named(corpus, tmp_path):
    path = tmp_path / "shards/train/books/00000.arrow"
    path.write_bytes(path.read_bytes()[:-1])
    assert "00000.arrow: expected" in verify_corpus(corpus).problems[0]
    path.unlink()
    assert "found no file" in verify_corpus(corpus).problems[0]


def test_a_changed_manifest_is_noticed(corpus, tmp_path):
    path = tmp_path / "corpus.json"
    raw = json.loads(path.read_text())
    raw["totals"]["train"]["books"]["tokens"] = 58
    path.write_text(json.dumps(raw))
    with pytest.raises(CorruptShardError, match="no longer matches its own digest"):
        read_manifest(corpus)


def test_a_changed_list_of_files_is_noticed(corpus, tmp_path):
    path = tmp_path / "corpus.json"
    text = path.read_text()
    path.write_text(text.replace('"path": "shards/', '"path": "shards_', 1))
    assert path.read_text() != text
    with pytest.raises(CorruptShardError, match="no longer matches its own digest"):
        read_manifest(corpus)


def test_a_manifest_that_was_only_formatted_anew_is_read(corpus, tmp_path):
    path = tmp_path / "corpus.json"
    written = read_manifest(corpus)
    path.write_text(json.dumps(json.loads(path.read_text())))
    assert read_manifest(corpus).as_json() == written.as_json()
    assert list(written.files) == list(read_manifest(corpus).files)
    assert written.files == tuple(read_manifest(corpus).files)
    assert [written.files[0], *written.files[1:]] == list(written.files)
    assert read_manifest(corpus).digest == written.digest


def test_a_manifest_of_another_format_or_none_is_refused(corpus, tmp_path):
    (tmp_path / "corpus.json").write_text('{"format": "haybale/corpus@9"}')
    with pytest.raises(ManifestMismatchError, match="expected format haybale/corpus@1"):
        read_manifest(corpus)
    (tmp_path / "corpus.json").unlink()
    with pytest.raises(ManifestMismatchError, match=r"found no corpus\.json"):
        read_manifest(corpus)


def test_an_index_that_disagrees_with_the_manifest_is_a_problem(corpus, tmp_path):
    _, rows = write(tmp_path, [3, 4])
    write_index(corpus, [rows])
    problems = verify_corpus(corpus).problems
    assert "corpus.json: it is the manifest of another run" in problems[0]
    assert any("(2, 7, 1), the manifest says (3, 57, 1)" in problem for problem in problems)
    assert read_index(corpus).num_rows == 1
