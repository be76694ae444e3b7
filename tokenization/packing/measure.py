"""What a packing costs: padding, tokens left out, documents cut."""

import numpy as np

from haybale.corpus.indexed_shards import Int64s
from haybale.corpus.packing import Packing


def packing_counts(packing: Packing, document_offsets: Int64s, first_token: int) -> dict[str, int]:
    """Count what became of a shard's documents; the counts of several shards add up.

    Args:
        packing: Of the shard.
        document_offsets: int64[documents + 1] of the shard.
        first_token: Tokens in the shards before it, of the same split and subset.

    Returns:
        `sequences`; `positions`, T for each; `placed_tokens`, those with a position;
        `padding_tokens`, positions without; `dropped_tokens`; `documents`; `documents_cut`, those
        that are not whole in one sequence; `documents_cut_by_concatenation`, those that would not
        be if the documents of all shards were written one after the other and cut every T tokens.
    """
    document = np.searchsorted(document_offsets, packing.starts, side="right") - 1
    whole = (document_offsets[document] == packing.starts) & (
        document_offsets[document + 1] == packing.starts + packing.lengths
    )
    num_documents = len(document_offsets) - 1
    return {
        "sequences": packing.num_sequences,
        "positions": packing.num_sequences * packing.sequence_length,
        "placed_tokens": packing.num_tokens,
        "padding_tokens": packing.padding_tokens,
        "dropped_tokens": int(document_offsets[-1]) - packing.num_tokens,
        "documents": num_documents,
        "documents_cut": num_documents - int(whole.sum()),
        "documents_cut_by_concatenation": cut_by_concatenation(
            document_offsets + first_token, packing.sequence_length
        ),
    }


def cut_by_concatenation(document_offsets: Int64s, sequence_length: int) -> int:
    """Documents of a stream, int64[documents + 1], that hold a border of every T-th token."""
    first = document_offsets[:-1] // sequence_length
    last = (document_offsets[1:] - 1) // sequence_length
    return int((first != last).sum())
