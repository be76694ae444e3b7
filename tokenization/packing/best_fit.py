"""Best-fit packing (Ding et al. 2024, arXiv 2404.10830, section 2.2): no document is cut that fits.

A document longer than a sequence is cut into pieces of a sequence's length and a remainder; every
other is a piece. The pieces, longest first, and of equal length in stored order, each go into the
sequence with the smallest room that is large enough; of several with that room into the one that
came to it last; where there is none, into a new one.

Within a sequence the pieces lie in stored order, and sequences in the order of their first: an
index read from front to back passes the shard from front to back.
"""

from typing import Any

import numpy as np
from numba import njit, types

from haybale.corpus.indexed_shards import Int64s
from haybale.corpus.packing import Packing
from haybale.tokenization.packing.rooms import add_room, no_rooms, remove_room, smallest_room

DOCUMENT_OFFSETS = types.Array(types.int64, 1, "C", readonly=True)
INT64S, INT32S = types.Array(types.int64, 1, "C"), types.Array(types.int32, 1, "C")


@njit(types.int64(DOCUMENT_OFFSETS, types.int64), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count_pieces(offsets: Any, sequence_length: int) -> int:
    count = 0
    for row in range(len(offsets) - 1):
        count += (offsets[row + 1] - offsets[row] + sequence_length - 1) // sequence_length
    return count


@njit(  # type: ignore[untyped-decorator]
    types.void(DOCUMENT_OFFSETS, types.int64, INT64S, INT32S), cache=True, nogil=True
)
def _cut(offsets: Any, sequence_length: int, starts: Any, lengths: Any) -> None:
    """First token and length of every piece, in stored order."""
    piece = 0
    for row in range(len(offsets) - 1):
        for start in range(offsets[row], offsets[row + 1], sequence_length):
            starts[piece] = start
            lengths[piece] = min(sequence_length, offsets[row + 1] - start)
            piece += 1


@njit(types.void(INT32S, types.int64, INT32S), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _longest_first(lengths: Any, longest: int, order: Any) -> None:
    """Pieces by length, longest first, and of equal length in stored order: a counting sort."""
    place = np.zeros(longest + 2, np.int64)
    for piece in range(len(lengths)):
        place[longest - lengths[piece] + 1] += 1
    for rank in range(1, len(place)):
        place[rank] += place[rank - 1]
    for piece in range(len(lengths)):
        rank = longest - lengths[piece]
        order[place[rank]] = piece
        place[rank] += 1


@njit(types.int64(INT32S, INT32S, types.int64, INT32S), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _place(lengths: Any, order: Any, sequence_length: int, sequence_of: Any) -> int:
    """The sequence of every piece; returns how many there are."""
    words, summary = no_rooms(sequence_length)
    # The sequences of one room are a stack, linked through `below`.
    top = np.full(sequence_length + 1, -1, np.int32)
    below = np.empty(len(lengths), np.int32)
    num_sequences = 0
    for at in range(len(order)):
        piece = order[at]
        length = np.int64(lengths[piece])
        room = smallest_room(words, summary, length)
        sequence = np.int64(num_sequences)
        if room < 0:
            room = sequence_length
            num_sequences += 1
        else:
            sequence = np.int64(top[room])
            top[room] = below[sequence]
            if top[room] < 0:
                remove_room(words, summary, room)
        sequence_of[piece] = sequence
        left = room - length
        if left > 0:
            if top[left] < 0:
                add_room(words, summary, left)
            below[sequence] = top[left]
            top[left] = sequence
    return num_sequences


@njit(  # type: ignore[untyped-decorator]
    types.void(INT64S, INT32S, INT32S, INT32S, INT64S, INT32S), cache=True, nogil=True
)
def _gather(
    starts: Any, lengths: Any, sequence_of: Any, offsets: Any, into_starts: Any, into_lengths: Any
) -> None:
    """Pieces by sequence; sequences in the order of their first piece."""
    number = np.full(len(offsets) - 1, -1, np.int32)
    given = 0
    for piece in range(len(starts)):
        if number[sequence_of[piece]] < 0:
            number[sequence_of[piece]] = given
            given += 1
        offsets[number[sequence_of[piece]] + 1] += 1
    for sequence in range(1, len(offsets)):
        offsets[sequence] += offsets[sequence - 1]
    place = offsets.copy()
    for piece in range(len(starts)):
        sequence = number[sequence_of[piece]]
        into_starts[place[sequence]] = starts[piece]
        into_lengths[place[sequence]] = lengths[piece]
        place[sequence] += 1


def pack_best_fit(document_offsets: Int64s, sequence_length: int) -> Packing:
    """Pack the documents of a shard; every token gets exactly one position.

    Args:
        document_offsets: int64[documents + 1], rising: where each begins in the shard.
        sequence_length: T, in input tokens.
    """
    num_pieces = _count_pieces(document_offsets, sequence_length)
    assert num_pieces < 1 << 31
    starts, lengths = np.empty(num_pieces, np.int64), np.empty(num_pieces, np.int32)
    _cut(document_offsets, sequence_length, starts, lengths)
    order, sequence_of = np.empty(num_pieces, np.int32), np.empty(num_pieces, np.int32)
    _longest_first(lengths, sequence_length, order)
    num_sequences = _place(lengths, order, sequence_length, sequence_of)
    packing = Packing(
        "best_fit",
        sequence_length,
        np.zeros(num_sequences + 1, np.int32),
        np.empty_like(starts),
        np.empty_like(lengths),
    )
    _gather(starts, lengths, sequence_of, packing.offsets, packing.starts, packing.lengths)
    return packing
