"""Where a shard was damaged."""

import numpy as np
import pyarrow as pa
import pytest

from haybale.corpus.digests import document_ids
from haybale.corpus.manifest import Manifest, write_manifest
from haybale.corpus.shards import (
    BATCH_TOKENS,
    TokenFormat,
    read_index,
    token_batch,
    tokens_schema,
    write_index,
    write_shard,
)
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus

FORMAT = TokenFormat("ab" * 16, 500, 1, 2, 0)
SHARD = "shards/train/books/00000.arrow"


@pytest.fixture
def corpus(tmp_path):
    """A shard of two record batches: a document that fills one, and one of ten tokens."""
    folder, schema = Folder(str(tmp_path)), tokens_schema(FORMAT, "books", "train")
    offsets = np.array([0, BATCH_TOKENS, BATCH_TOKENS + 10])
    ids = np.full(offsets[-1], 7, np.uint16)
    ids[offsets[1:] - 1] = FORMAT.eos_id
    batch = token_batch(schema, document_ids("books", "x", range(2)), offsets, ids)
    record, rows = write_shard(folder, SHARD, schema, [batch])
    counts = {"documents": 2, "text_bytes": 1, "tokens": int(offsets[-1]), "shards": 1}
    files = (record, write_index(folder, [rows]))
    totals = {"train": {"books": counts}}
    write_manifest(folder, Manifest("two", {}, {}, totals, {"books": 1.0}, FORMAT, files))
    return folder


@pytest.mark.parametrize("column", ["doc_ids_position", "offsets_position", "values_position"])
@pytest.mark.parametrize("number", [0, 1])
def test_a_flipped_bit_is_traced_to_its_record_batch(column, number, corpus, tmp_path):
    assert verify_corpus(corpus, full=True).problems == ()
    data = bytearray((tmp_path / SHARD).read_bytes())
    data[read_index(corpus).column(column)[number].as_py()] ^= 1
    (tmp_path / SHARD).write_bytes(data)
    (line,) = verify_corpus(corpus).problems
    place = ("0 (tokens 0 to 1048576)", "1 (tokens 1048576 to 1048586)")[number]
    assert f"{SHARD}: expected digest" in line
    assert f"changed after it was written, in record batch {place};" in line


def test_a_flipped_bit_outside_the_tokens_is_said_to_be_there(corpus, tmp_path):
    data = bytearray((tmp_path / SHARD).read_bytes())
    data[-1] ^= 1  # of the magic bytes at the end
    (tmp_path / SHARD).write_bytes(data)
    (line,) = verify_corpus(corpus).problems
    assert "what was changed is not in its tokens, but in what surrounds them" in line


def test_a_record_batch_is_never_followed_where_a_damaged_footer_points(corpus, tmp_path):
    whole = (tmp_path / SHARD).read_bytes()
    (length,) = np.frombuffer(whole[-10:-6], np.int32)
    for at in range(len(whole) - 10 - length, len(whole), 23):
        data = bytearray(whole)
        data[at] ^= 0xFF
        (tmp_path / SHARD).write_bytes(data)
        (line,) = verify_corpus(corpus).problems
        assert SHARD in line
    assert pa.ipc.open_file(whole).num_record_batches == 2
