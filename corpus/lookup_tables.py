"""The index of a corpus's documents: where each is in `measures/`, `documents/` and `shards/`.

`lookup/documents/NNNNN.arrow`, sorted by id, each file an equal range of all ids (they are hashes);
`lookup/duplicates/NNNNN.arrow`, who was removed for whom, sorted and cut the same way by survivor;
`lookup/files.arrow`, the input files. Uncompressed Arrow IPC: a look-up reads a few pages of one
file, however large the corpus is.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.digests import UInt64s
from haybale.corpus.manifest import Manifest

FORMAT = "haybale/lookup@1"
DOCUMENTS_FOLDER = "lookup/documents"
DUPLICATES_FOLDER = "lookup/duplicates"
FILES_PATH = "lookup/files.arrow"
BATCH_ROWS = 1 << 10
"""Rows of every record batch of these files but the last."""

_METADATA = {"format": FORMAT}

PLACES = pa.schema(
    [
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("file", pa.int32(), nullable=False),
        pa.field("measures_batch", pa.int32(), nullable=False),
        pa.field("documents_batch", pa.int32(), nullable=False),
        pa.field("token_batch", pa.int32(), nullable=False),
        pa.field("measures_row", pa.int64(), nullable=False),
        pa.field("documents_row", pa.int64(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
    ],
    metadata=_METADATA,
)
"""A document that was read. `file`: row of FILES. `measures_batch`, `documents_batch`: record batch
of its part's file; `measures_row`, `documents_row`: row in that file, over all batches.
`token_batch`: row of `shards/index.arrow`. `start`: its first token, counted from the start of the
shard; `tokens`: how many. -1: it is not there, because it was dropped or removed."""

DUPLICATES = pa.schema(
    [
        pa.field("survivor", pa.binary(16), nullable=False),
        pa.field("removed", pa.binary(16), nullable=False),
    ],
    metadata=_METADATA,
)
"""A document that was removed as a duplicate, and the one that stands for it."""

FILES = pa.schema(
    [
        pa.field("part", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("first_row", pa.int64(), nullable=False),
    ],
    metadata=_METADATA,
)
"""An input file, or a piece of it: the part that it belongs to, its name, and the row of
`measures/` with which its records begin; those that could not be read have no row. Where the
file's first records stand in parts before, as many below zero."""


def range_of(doc_id: bytes, num_ranges: int) -> int:
    """Which of so many equal ranges of all ids holds this one."""
    return int.from_bytes(doc_id[:8], "big") * num_ranges >> 64


def range_starts(sorted_words: UInt64s, num_ranges: int) -> npt.NDArray[np.int64]:
    """Where ranges begin among sorted ids, given by their first words; and the end of the last.

    Returns:
        int64[num_ranges + 1].
    """
    bounds = [-(-number * (1 << 64) // num_ranges) for number in range(1, num_ranges)]
    inner = np.searchsorted(sorted_words, np.array(bounds, np.uint64))
    return np.concatenate([[0], inner, [len(sorted_words)]]).astype(np.int64)


def has_index(manifest: Manifest) -> bool:
    """Whether the corpus has an index of its documents; those of earlier releases have none."""
    return any(record.path == FILES_PATH for record in manifest.files)
