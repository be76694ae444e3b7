"""Packing: documents of a shard into training sequences of a fixed length."""

from collections.abc import Callable, Mapping

from haybale.corpus.document_start import pack_document_start
from haybale.corpus.indexed_shards import Int64s
from haybale.corpus.packing import Packing, PackingKind
from haybale.tokenization.packing.best_fit import pack_best_fit

PACKERS: Mapping[PackingKind, Callable[[Int64s, int], Packing]] = {
    "best_fit": pack_best_fit,
    "document_start": pack_document_start,
}
"""From int64[documents + 1] token offsets and a sequence length to the sequences of a shard."""
