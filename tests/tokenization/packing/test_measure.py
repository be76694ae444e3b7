import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from haybale.tokenization.packing import PACKERS
from haybale.tokenization.packing.measure import cut_by_concatenation, packing_counts


def test_counts_are_those_of_a_packing_made_by_hand():
    offsets = np.cumsum([0, 25, 6, 4, 3, 7, 2])
    # See test_best_fit: five sequences of 10 for 47 tokens; only the 25 is longer than one.
    # One after the other, borders at 10 and 20 are in the 25, 30 in the 6, 40 in the 7.
    assert packing_counts(PACKERS["best_fit"](offsets, 10), offsets, 0) == {
        "sequences": 5,
        "positions": 50,
        "placed_tokens": 47,
        "padding_tokens": 3,
        "dropped_tokens": 0,
        "documents": 6,
        "documents_cut": 1,
        "documents_cut_by_concatenation": 3,
    }
    # 10 of the 25; 6 and 4; 3 and 7; 2 and 8 of padding.
    assert packing_counts(PACKERS["document_start"](offsets, 10), offsets, 0) == {
        "sequences": 4,
        "positions": 40,
        "placed_tokens": 32,
        "padding_tokens": 8,
        "dropped_tokens": 15,
        "documents": 6,
        "documents_cut": 1,
        "documents_cut_by_concatenation": 3,
    }


def test_a_border_between_documents_cuts_none():
    assert cut_by_concatenation(np.array([0, 10, 20, 25]), 10) == 0
    assert cut_by_concatenation(np.array([0, 11, 20, 25]), 10) == 1


def test_concatenation_goes_on_from_shard_to_shard():
    # After 7 tokens of shards before it, the border at 10 falls into the first document.
    offsets = np.array([0, 5, 9])
    counts = packing_counts(PACKERS["best_fit"](offsets, 10), offsets, 7)
    assert counts["documents_cut_by_concatenation"] == 1


@settings(deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=50), st.integers(2, 40))
def test_tokens_and_positions_add_up(lengths, sequence_length):
    offsets = np.cumsum([0, *lengths])
    for pack in PACKERS.values():
        counts = packing_counts(pack(offsets, sequence_length), offsets, 0)
        assert counts["placed_tokens"] + counts["dropped_tokens"] == sum(lengths)
        assert counts["placed_tokens"] + counts["padding_tokens"] == counts["positions"]
        assert counts["positions"] == counts["sequences"] * sequence_length
