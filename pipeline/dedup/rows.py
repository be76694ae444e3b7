"""The rows of numbers that deduplication shuffles, and the addresses in them.

An address is (part, row in its `documents/` file) in 64 bits. It finds a document; it never breaks
a tie, because it depends on how the input was split. A rank is the policy's
(`haybale.pipeline.dedup.policy`), two words, then the first word of the text's digest: who
survives does not depend on where texts stand. Only of equal ranks the smaller id comes first.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s, mix64

Rows = npt.NDArray[np.void]

NUM_RANKS = 3
"""Words of a rank."""

EXACT = np.dtype(
    [("digest", "u8", 2), ("rank", "u8", NUM_RANKS), ("id", "u8", 2), ("address", "u8")]
)
"""A document and the digest of its text or URL; the smallest (rank, id) of a digest survives."""

EXACT_REMOVED = np.dtype([("address", "u8"), ("survivor", "u8"), ("survivor_id", "u8", 2)])
"""A document and the one of equal text or URL that stands for it."""

BANDED = np.dtype([("key", "u8"), ("row", "u4")])
"""A document of a part in a bucket, as a part's file has it: sorted by key."""


def band_type(num_words: int) -> np.dtype[Any]:
    """BAND: a document in a bucket, and so many words of `haybale.pipeline.dedup.policy.hub_order`.

    Two are enough for most policies: 32 bytes.
    """
    return np.dtype([("key", "u8"), ("order", "u8", (num_words,)), ("address", "u8")])


PAIR = np.dtype([("a", "u8"), ("b", "u8")])
"""Two addresses, a < b, that share a bucket."""

VERIFIED = np.dtype(
    [
        ("a", "u8"),
        ("b", "u8"),
        ("a_rank", "u8", NUM_RANKS),
        ("b_rank", "u8", NUM_RANKS),
        ("a_id", "u8", 2),
        ("b_id", "u8", 2),
        ("shared", "u4"),
        ("united", "u4"),
    ]
)
"""A pair above the threshold, or of kin: similarity = shared / united, in distinct shingles, or in
values of the signatures where it is estimated."""

REMOVED = np.dtype(
    [
        ("address", "u8"),
        ("survivor", "u8"),
        ("survivor_id", "u8", 2),
        ("shared", "u4"),
        ("united", "u4"),
    ]
)
"""A near-duplicate and the surviving document that it most resembles."""

CLUSTERED = np.dtype([("address", "u8"), ("cluster", "u8", 2)])
"""A document of a duplicate cluster; `cluster`: the smallest id in it. Or, in the same way, of a
family: a component of the graph of verified pairs and kin."""


def addresses(part: int, num_rows: int) -> UInt64s:
    """Addresses of all rows of a part."""
    return np.uint64(part << 32) + np.arange(num_rows, dtype=np.uint64)


def hash_ids(ids: UInt64s) -> UInt64s:
    """A uniform number for each id, uint64[documents, 2]; ids themselves may be anything."""
    return mix64(ids[:, 0] ^ mix64(ids[:, 1]))


def part_of(address: Any) -> Any:
    """The part of one address or an array of them, as int64."""
    return (address >> np.uint64(32)).astype(np.int64)


def row_of(address: Any) -> Any:
    """The row of one address or an array of them, as int64."""
    return (address & np.uint64(0xFFFFFFFF)).astype(np.int64)
