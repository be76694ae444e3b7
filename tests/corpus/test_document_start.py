import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from haybale.corpus.document_start import pack_document_start


def test_the_document_that_does_not_fit_is_cut_and_the_next_begins_a_sequence():
    # Sequences of 10: 4 and 6 of the 8; 5 and 5 fit exactly; 10 of the 25; 3, and 7 of padding.
    packing = pack_document_start(np.cumsum([0, 4, 8, 5, 5, 25, 3]), 10)
    assert packing.offsets.tolist() == [0, 2, 4, 5, 6]
    assert packing.starts.tolist() == [0, 4, 12, 17, 22, 47]
    assert packing.lengths.tolist() == [4, 6, 5, 5, 10, 3]
    assert packing.padding_tokens == 7


@settings(deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=80), st.integers(2, 40))
def test_sequences_are_full_of_documents_from_their_first_token(lengths, sequence_length):
    offsets = np.cumsum([0, *lengths])
    packing = pack_document_start(offsets, sequence_length)
    # Every document, in stored order, from its first token.
    assert packing.starts.tolist() == offsets[:-1].tolist()
    sums = np.add.reduceat(packing.lengths, packing.offsets[:-1])
    assert (sums[:-1] == sequence_length).all()
    assert 1 <= sums[-1] <= sequence_length
    # Only the last document of a sequence is cut.
    cut = np.flatnonzero(packing.lengths < lengths)
    assert set(cut) <= set((packing.offsets[1:] - 1).tolist())
