import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus.document_index import DocumentIndex
from haybale.corpus.errors import SchemaError
from haybale.corpus.lookup_tables import range_of, range_starts
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder


@given(st.data(), st.integers(1, 50))
def test_writer_and_reader_agree_on_the_range_of_an_id(data, num_ranges):
    # Also ids at the borders of ranges: number / num_ranges of all ids, and the one before.
    borders = st.integers(0, num_ranges - 1).map(lambda number: (number << 64) // num_ranges)
    any_word = st.one_of(st.integers(0, 2**64 - 1), borders, borders.map(lambda word: word + 1))
    words = np.array(sorted(data.draw(st.lists(any_word, min_size=1, max_size=20))), np.uint64)
    starts = range_starts(words, num_ranges)
    assert len(starts) == num_ranges + 1
    for place, word in enumerate(words.tolist()):
        number = range_of(word.to_bytes(8, "big") + bytes(8), num_ranges)
        assert starts[number] <= place < starts[number + 1]


def test_an_index_of_a_newer_format_is_refused(corpus):
    path = "lookup/documents/00000.arrow"
    folder = Folder(str(corpus))
    data = (corpus / path).read_bytes()
    assert data.count(b"haybale/lookup@1") == 2  # in the schema, and in the footer's
    (corpus / path).write_bytes(data.replace(b"haybale/lookup@1", b"haybale/lookup@9"))
    index = DocumentIndex(folder, read_manifest(folder))
    with pytest.raises(SchemaError, match="expected format haybale/lookup@1, found haybale/lookup"):
        index.find(bytes(16))


def test_who_was_not_read_is_not_found(built):
    folder = Folder(str(built))
    index = DocumentIndex(folder, read_manifest(folder))
    for doc_id in (bytes(16), b"\xff" * 16, b"\x80" * 16):
        assert index.find(doc_id) is None
        assert index.duplicates_of(doc_id, 5) == []
