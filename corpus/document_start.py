"""Sequences that begin where a document begins, as models see text when they are used.

Documents follow each other in stored order. The one that does not fit is cut and its tail dropped:
no sequence has it; the next sequence begins with the next document. So only a shard's last
sequence is padded, and what is dropped grows with the length of documents beside that of sequences.
"""

from typing import Any

import numpy as np
from numba import njit, types

from haybale.corpus.indexed_shards import Int64s
from haybale.corpus.packing import Packing

DOCUMENT_OFFSETS = types.Array(types.int64, 1, "C", readonly=True)
INT64S, INT32S = types.Array(types.int64, 1, "C"), types.Array(types.int32, 1, "C")


@njit(  # type: ignore[untyped-decorator]
    types.int64(DOCUMENT_OFFSETS, types.int64, INT32S, INT64S, INT32S), cache=True, nogil=True
)
def _pack(offsets: Any, sequence_length: int, bounds: Any, starts: Any, lengths: Any) -> int:
    """A stretch for every document; returns the number of sequences, which `bounds` bound."""
    num_sequences, room = 0, 0
    for row in range(len(offsets) - 1):
        if room == 0:
            bounds[num_sequences] = row
            num_sequences += 1
            room = sequence_length
        length = min(room, offsets[row + 1] - offsets[row])
        starts[row] = offsets[row]
        lengths[row] = length
        room -= length
    bounds[num_sequences] = len(offsets) - 1
    return num_sequences


def pack_document_start(document_offsets: Int64s, sequence_length: int) -> Packing:
    """Pack the documents of a shard, cutting those that do not fit.

    Args:
        document_offsets: int64[documents + 1], rising: where each begins in the shard.
        sequence_length: T, in input tokens.
    """
    num_documents = len(document_offsets) - 1
    assert num_documents < 1 << 31
    bounds = np.empty(num_documents + 1, np.int32)
    starts, lengths = np.empty(num_documents, np.int64), np.empty(num_documents, np.int32)
    num_sequences = _pack(document_offsets, sequence_length, bounds, starts, lengths)
    offsets = bounds[: num_sequences + 1].copy()
    return Packing("document_start", sequence_length, offsets, starts, lengths)
