import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_shards import documents_of, write_shards

from haybale.corpus.chunks import cut_chunks, read_chunks, write_chunks
from haybale.corpus.errors import CorruptShardError
from haybale.corpus.storage import Folder


def test_documents_are_cut_and_the_last_chunk_may_be_short():
    # 130 tokens are 64 + 64 + 2, 64 are one chunk, 1 is a short one, 65 are 64 + 1.
    offsets = np.cumsum([0, 130, 64, 1, 65])
    chunks = cut_chunks(offsets, 64)
    assert chunks.documents.tolist() == [0, 0, 0, 1, 2, 3, 3]
    assert chunks.offsets.tolist() == [0, 64, 128, 0, 0, 0, 64]
    starts, lengths = chunks.spans(offsets)
    assert starts.tolist() == [0, 64, 128, 130, 194, 195, 259]
    assert lengths.tolist() == [64, 64, 2, 64, 1, 64, 1]


@settings(deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=30), st.integers(1, 20))
def test_every_token_is_in_one_chunk_and_no_chunk_spans_documents(lengths, chunk_tokens):
    offsets = np.cumsum([0, *lengths])
    chunks = cut_chunks(offsets, chunk_tokens)
    starts, spans = chunks.spans(offsets)
    assert starts[0] == 0
    assert (starts + spans == np.append(starts[1:], offsets[-1])).all()
    assert spans.min() >= 1
    assert spans.max() <= chunk_tokens
    first = np.searchsorted(offsets, starts, side="right") - 1
    last = np.searchsorted(offsets, starts + spans - 1, side="right") - 1
    assert (first == chunks.documents).all()
    assert (last == chunks.documents).all()


def test_a_table_is_read_as_it_was_written_and_not_as_another_shards(tmp_path):
    folder = Folder(str(tmp_path))
    one, two = write_shards(
        folder, {f"train/web/0000{i}": documents_of(9, 4, seed=i) for i in range(2)}
    )
    written = cut_chunks(one.document_offsets(folder), 4)
    path = write_chunks(folder, written, one).path
    assert path == "chunks/train/web/00000.arrow"
    found = read_chunks(folder, one)
    assert found.chunk_tokens == 4
    assert found.documents.tolist() == [0, 0, 0, 1]
    assert found.offsets.tolist() == [0, 4, 8, 0]
    assert (found.documents.dtype, found.offsets.dtype) == (np.int64, np.int32)
    other = tmp_path / "chunks/train/web/00001.arrow"
    other.write_bytes((tmp_path / path).read_bytes())
    with pytest.raises(CorruptShardError, match="does not belong to shards/train/web/00001"):
        read_chunks(folder, two)
