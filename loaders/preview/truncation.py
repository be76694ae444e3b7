"""What cutting documents into samples costs: padding, tokens in no sample, documents cut."""

import ctypes
from dataclasses import dataclass

import numpy as np

from haybale.loaders.opening import OpenCorpus
from haybale.loaders.samples.packed import PackedLayout
from haybale.loaders.samples.stretches import Layout
from haybale.loaders.shards.store import CorruptBatchError, Int64s

MAX_BATCHES = 64
"""Record batches of a source whose documents are looked at, evenly spaced."""
MAX_REMOTE_BATCHES = 4
"""Likewise of a remote source, where each is fetched whole."""


@dataclass(frozen=True)
class Truncation:
    """The cost of one pass through a source.

    Attributes:
        padding_fraction: Of its samples' positions, those without a token. Exact.
        dropped_tokens: Tokens that are in no sample. Exact.
        documents: Documents that were looked at.
        documents_cut: Of these, how many are not whole in one sample.
    """

    padding_fraction: float
    dropped_tokens: int
    documents: int
    documents_cut: int

    @property
    def cut_fraction(self) -> float | None:
        """Share of documents cut; None if none was looked at."""
        return self.documents_cut / self.documents if self.documents else None


def truncation(corpus: OpenCorpus, source: str, layout: Layout, sequence_length: int) -> Truncation:
    """Measure a source.

    Padding and dropped tokens are counted. Whether documents are cut is looked up in some record
    batches, or all where there are no more; damaged ones are passed over.

    Args:
        corpus: The open corpus.
        source: One of its subsets in the split.
        layout: How it is cut.
        sequence_length: T.

    Raises:
        CorruptShardError: If a shard or packing index is missing.
    """
    first_row, last_row = corpus.ranges[source]
    most = MAX_REMOTE_BATCHES if corpus.remote else MAX_BATCHES
    num_rows = last_row - first_row
    num_documents = num_cut = 0
    for row in np.unique(first_row + np.arange(most) * num_rows // most).tolist():
        try:
            offsets = _document_offsets(corpus, row)
        except CorruptBatchError:
            continue
        num_documents += len(offsets) - 1
        if isinstance(layout, PackedLayout):
            whole = _whole_in_packing(corpus, layout, row, offsets)
        else:
            before = int(corpus.index.num_tokens[first_row:row].sum())
            whole = _whole_in_stream(layout.num_samples, sequence_length, offsets + before)
        num_cut += len(offsets) - 1 - whole
    placed = _placed_tokens(layout, sequence_length)
    positions = layout.num_samples * sequence_length
    return Truncation(
        padding_fraction=(positions - min(placed, positions)) / positions if positions else 0.0,
        dropped_tokens=layout.num_tokens - placed,
        documents=num_documents,
        documents_cut=num_cut,
    )


def _placed_tokens(layout: Layout, sequence_length: int) -> int:
    """Tokens that are in a sample, as an input or, the last of a stream, only as a label."""
    if isinstance(layout, PackedLayout):
        return layout.placed_tokens
    return layout.num_samples * sequence_length + 1 if layout.num_samples else 0


def _document_offsets(corpus: OpenCorpus, row: int) -> Int64s:
    """Where the documents of a record batch begin in it: int64[documents + 1]."""
    held = corpus.store.hold(np.array([row]))
    count = int(corpus.index.num_documents[row]) + 1
    memory = memoryview((ctypes.c_char * (4 * count)).from_address(int(held.offsets[0])))
    return np.frombuffer(memory.cast("B"), np.int32).astype(np.int64)


def _whole_in_stream(num_samples: int, sequence_length: int, offsets: Int64s) -> int:
    """How many documents lie between two cuts of a stream; the offsets are the stream's."""
    first, last = offsets[:-1] // sequence_length, (offsets[1:] - 1) // sequence_length
    return int(((first == last) & (last < num_samples)).sum())


def _whole_in_packing(corpus: OpenCorpus, layout: PackedLayout, row: int, offsets: Int64s) -> int:
    """How many documents of a record batch are one stretch of its shard's packing."""
    shard = int(corpus.index.shard_number(np.array([row]))[0])
    first_row = corpus.index.shard_rows(shard)[0]
    starts = offsets + int(corpus.index.num_tokens[first_row:row].sum())
    packing = layout.packing(shard)
    by_start = packing.starts.argsort()
    found = packing.starts[by_start].searchsorted(starts[:-1])
    stretches = by_start[np.minimum(found, len(by_start) - 1)]
    whole = packing.starts[stretches] == starts[:-1]
    whole &= packing.lengths[stretches] == np.diff(starts)
    return int(whole.sum())
