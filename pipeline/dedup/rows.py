"""The rows of numbers that deduplication shuffles, and the addresses in them.

An address is (part, row in its `documents/` file) in 64 bits. It finds a document; it never breaks
a tie, because it depends on how the input was split. Ties are broken by document id.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s

Rows = npt.NDArray[np.void]

EXACT = np.dtype([("digest", "u8", 2), ("rank", "u8"), ("id", "u8", 2), ("address", "u8")])
"""A document and the digest of its text; the smallest (rank, id) of a digest survives."""

EXACT_REMOVED = np.dtype([("address", "u8"), ("survivor", "u8"), ("survivor_id", "u8", 2)])
"""A document and the one of equal text that stands for it."""

BAND = np.dtype([("key", "u8"), ("id", "u8"), ("address", "u8")])
"""A document in a bucket; `id`: the first word of its id, for an order free of addresses."""

PAIR = np.dtype([("a", "u8"), ("b", "u8")])
"""Two addresses, a < b, that share a bucket."""

VERIFIED = np.dtype(
    [
        ("a", "u8"),
        ("b", "u8"),
        ("a_id", "u8", 2),
        ("b_id", "u8", 2),
        ("a_bytes", "u8"),
        ("b_bytes", "u8"),
        ("shared", "u8"),
        ("united", "u8"),
    ]
)
"""A pair above the threshold: Jaccard similarity = shared / united, in distinct shingles."""

REMOVED = np.dtype(
    [
        ("address", "u8"),
        ("survivor", "u8"),
        ("survivor_id", "u8", 2),
        ("shared", "u8"),
        ("united", "u8"),
    ]
)
"""A near-duplicate and the surviving document that it most resembles."""

CLUSTERED = np.dtype([("address", "u8"), ("cluster", "u8", 2)])
"""A document of a duplicate cluster; `cluster`: the smallest id in the cluster."""


def addresses(part: int, num_rows: int) -> UInt64s:
    """Addresses of all rows of a part."""
    return np.uint64(part << 32) + np.arange(num_rows, dtype=np.uint64)


def part_of(address: Any) -> Any:
    """The part of one address or an array of them, as int64."""
    return (address >> np.uint64(32)).astype(np.int64)


def row_of(address: Any) -> Any:
    """The row of one address or an array of them, as int64."""
    return (address & np.uint64(0xFFFFFFFF)).astype(np.int64)


def ranks(keep: str, text_bytes: npt.NDArray[np.int64]) -> UInt64s:
    """The policy's rank of each document; the smallest rank survives, then the smallest id.

    Ids are digests, so equal ranks everywhere mean a random choice (Gopher's) that is always the
    same.
    """
    if keep == "longest":
        return np.uint64(1 << 63) - text_bytes.astype(np.uint64)
    return np.zeros(len(text_bytes), np.uint64)
