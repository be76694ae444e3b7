import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from haybale.tokenization.packing.best_fit import pack_best_fit

LENGTHS = st.lists(st.integers(1, 60), min_size=1, max_size=80)
SEQUENCE_LENGTH = st.integers(2, 40)


def offsets_of(lengths):
    return np.cumsum([0, *lengths])


def sequences_of(packing):
    """The stretches of every sequence, (start, length)."""
    pairs = list(zip(packing.starts.tolist(), packing.lengths.tolist(), strict=True))
    bounds = packing.offsets.tolist()
    return [pairs[low:high] for low, high in itertools.pairwise(bounds)]


def best_fit_in_plain_python(lengths, sequence_length):
    """Best-fit decreasing as Ding et al. write it down, every sequence looked at for every piece.

    Of equal pieces the first in the shard goes first; of sequences with the same room that which
    a piece was put into last.
    """
    pieces, start = [], 0
    for length in lengths:
        for at in range(0, length, sequence_length):
            pieces.append((start + at, min(sequence_length, length - at)))
        start += length
    sequences = []  # [room, when it was last used, pieces]
    by_length = sorted(pieces, key=lambda piece: (-piece[1], piece[0]))
    for when, piece in enumerate(by_length):
        fitting = [sequence for sequence in sequences if sequence[0] >= piece[1]]
        if fitting:
            best = min(fitting, key=lambda sequence: (sequence[0], -sequence[1]))
        else:
            best = [sequence_length, when, []]
            sequences.append(best)
        best[0] -= piece[1]
        best[1] = when
        best[2].append(piece)
    return sorted(sorted(sequence[2]) for sequence in sequences)


def test_pieces_go_where_they_fit_best():
    # Sequences of 10; 25 is cut into 10, 10 and 5. Longest first: 10 and 10 fill one each; 7 leaves
    # 3; 6 leaves 4; 5 fits neither and leaves 5; 4 fits best beside 6, 3 beside 7, 2 beside 5.
    packing = pack_best_fit(offsets_of([25, 6, 4, 3, 7, 2]), 10)
    assert sequences_of(packing) == [
        [(0, 10)],
        [(10, 10)],
        [(20, 5), (45, 2)],
        [(25, 6), (31, 4)],
        [(35, 3), (38, 7)],
    ]
    assert packing.padding_tokens == 3


def test_of_equal_rooms_the_one_that_came_last_is_filled():
    # 6 and 6 leave 4 each; the 4 joins the second.
    packing = pack_best_fit(offsets_of([6, 6, 4]), 10)
    assert sequences_of(packing) == [[(0, 6)], [(6, 6), (12, 4)]]


@settings(deadline=None)
@given(LENGTHS, SEQUENCE_LENGTH)
def test_packing_is_that_of_plain_python(lengths, sequence_length):
    packing = pack_best_fit(offsets_of(lengths), sequence_length)
    assert sequences_of(packing) == best_fit_in_plain_python(lengths, sequence_length)


def test_packing_of_long_sequences_is_that_of_plain_python():
    # Above 4,096 rooms a second block of the set of rooms comes in.
    lengths = np.random.default_rng(0).integers(1, 20_000, 300).tolist()
    packing = pack_best_fit(offsets_of(lengths), 10_000)
    assert sequences_of(packing) == best_fit_in_plain_python(lengths, 10_000)


@settings(deadline=None)
@given(LENGTHS, SEQUENCE_LENGTH)
def test_every_token_has_one_position_and_only_long_documents_are_cut(lengths, sequence_length):
    offsets = offsets_of(lengths)
    packing = pack_best_fit(offsets, sequence_length)
    by_start = np.argsort(packing.starts)
    starts, ends = packing.starts[by_start], (packing.starts + packing.lengths)[by_start]
    assert starts[0] == 0
    assert ends.tolist() == [*starts[1:].tolist(), offsets[-1]]
    assert all(sum(n for _, n in s) <= sequence_length for s in sequences_of(packing))
    # A document is whole if one stretch is all of it.
    whole = set(zip(offsets[:-1].tolist(), lengths, strict=True)) & set(
        zip(packing.starts.tolist(), packing.lengths.tolist(), strict=True)
    )
    assert len(lengths) - len(whole) == sum(length > sequence_length for length in lengths)


@settings(deadline=None)
@given(LENGTHS, SEQUENCE_LENGTH)
def test_packing_is_never_worse_than_a_piece_a_sequence(lengths, sequence_length):
    packing = pack_best_fit(offsets_of(lengths), sequence_length)
    assert packing.num_sequences <= len(packing.starts)
    assert packing.num_sequences >= -(-sum(lengths) // sequence_length)


@settings(deadline=None)
@given(LENGTHS, SEQUENCE_LENGTH)
def test_an_index_read_in_order_passes_the_shard_in_order(lengths, sequence_length):
    sequences = sequences_of(pack_best_fit(offsets_of(lengths), sequence_length))
    assert all(sequence == sorted(sequence) for sequence in sequences)
    assert sequences == sorted(sequences)
