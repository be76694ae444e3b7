"""Pairs of addresses in one 64-bit number each, which sorts eight times as fast as two of them.

A pair that shares several bands is found once for each, so that more pairs are sorted than anything
else in deduplication.
"""

from dataclasses import dataclass

import numpy as np

from haybale.corpus.digests import UInt64s
from haybale.pipeline.dedup.rows import PAIR, Rows, part_of, row_of

PACKED = np.dtype([("pair", "u8")])
"""A pair; sorted by number they are sorted by (a, b)."""


@dataclass(frozen=True)
class PairPacking:
    """How pairs of a corpus fit into 64 bits.

    Attributes:
        row_bits: Of a row within its part; the part's number is above them.
    """

    row_bits: int

    @classmethod
    def of(cls, num_parts: int, max_rows: int) -> "PairPacking | None":
        """The packing for so many parts of at most so many rows; None if two do not fit."""
        row_bits = max(0, max_rows - 1).bit_length()
        part_bits = max(0, num_parts - 1).bit_length()
        return cls(row_bits) if row_bits + part_bits <= 32 else None

    def pack(self, pairs: Rows) -> Rows:
        """PAIR to PACKED."""
        a, b = self._narrow(pairs["a"]), self._narrow(pairs["b"])
        return (a << np.uint64(32) | b).view(PACKED)

    def unpack(self, packed: Rows) -> Rows:
        """The inverse of `pack`."""
        pairs = np.empty(len(packed), PAIR)
        pairs["a"] = self._widen(packed["pair"] >> np.uint64(32))
        pairs["b"] = self._widen(packed["pair"] & np.uint64(0xFFFFFFFF))
        return pairs

    def _narrow(self, addresses: UInt64s) -> UInt64s:
        rows = row_of(addresses).astype(np.uint64)
        narrow: UInt64s = part_of(addresses).astype(np.uint64) << np.uint64(self.row_bits) | rows
        return narrow

    def _widen(self, narrow: UInt64s) -> UInt64s:
        rows = narrow & np.uint64((1 << self.row_bits) - 1)
        wide: UInt64s = (narrow >> np.uint64(self.row_bits)) << np.uint64(32) | rows
        return wide
