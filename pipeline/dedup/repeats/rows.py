"""The rows of numbers that finding repeats stores and shuffles.

A *block* is a record batch of a part's documents: what is held in memory at a time. It is named by
(part, batch) in 64 bits, as a document is by (part, row); like an address it breaks no tie. Keys
of different kinds never meet: each is salted with its kind.
"""

import numpy as np

ANCHOR = np.dtype([("key", "u8"), ("block", "u8")])
"""A key of a block; twice if it occurs there twice or more often."""

OCCURRENCE = np.dtype([("key", "u8", 2), ("row", "u4"), ("position", "u4"), ("kind", "u8")])
"""Where a repeat may stand: row of its block, place of its first word among the row's words."""

SHARED = np.dtype(
    [
        ("key", "u8", 2),
        ("id", "u8", 2),
        ("block", "u8"),
        ("count", "u4"),
        ("kind", "u4"),
    ]
)
"""A key of a block: its first document there, and how often it occurs: in how many documents of the
block, or, if it is of a span, at how many places. As a document lies in one block, no two blocks
have the same first document."""

VERDICT = np.dtype([("key", "u8", 2), ("first", "u8")])
"""A key that is repeated in the corpus, for a block that has it: whether its first occurrence is
there."""


def block_of(part: int, batch: int) -> int:
    """A batch of a part's documents."""
    return part << 32 | batch


def block_name(block: int) -> str:
    """Stem of a block's files."""
    return f"{block >> 32:05d}-{block & 0xFFFFFFFF:05d}"
