"""A set of addresses that numbers its members: two bits for each row of a part.

A bitmap with counts ("rank", Jacobson 1989, Space-efficient Static Trees and Graphs): the number of
an address is how many members come before it. Two reads of memory find it, where a search among
sorted addresses takes some thirty.
"""

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from haybale.corpus.digests import UInt64s
from haybale.pipeline.dedup.rows import part_of, row_of
from haybale.pipeline.shuffle import run_starts

_WORDS = types.Array(types.uint64, 1, "C")
_INT64S = types.Array(types.int64, 1, "C")


class AddressIndex:
    """Addresses, first added and then, once `number` was called, numbered."""

    def __init__(self) -> None:
        self._words: dict[int, UInt64s] = {}  # of each part, a bit for each row
        self._starts = np.empty(0, np.int64)  # of each part, in `_bits`
        self._bits = np.empty(0, np.uint64)
        self._before = np.empty(0, np.int64)  # members before each of `_bits`

    def add(self, addresses: UInt64s) -> npt.NDArray[np.bool_]:
        """Take addresses in, sorted and distinct; returns which of them are new."""
        new = np.empty(len(addresses), np.bool_)
        parts, rows = part_of(addresses), row_of(addresses)
        for start, stop in itertools.pairwise([*run_starts(parts).tolist(), len(parts)]):
            part, last = int(parts[start]), int(rows[stop - 1]) // 64
            words = self._words.get(part, np.empty(0, np.uint64))
            if last >= len(words):
                grown = np.zeros(max(last + 1, len(words) * 3 // 2), np.uint64)
                grown[: len(words)] = words
                words = self._words[part] = grown
            _mark(words, rows[start:stop], new[start:stop])
        return new

    def number(self, addresses: UInt64s) -> npt.NDArray[np.int64]:
        """How many members come before each of these members."""
        if self._words:
            self._freeze()
        parts, rows = part_of(addresses), row_of(addresses)
        numbers: npt.NDArray[np.int64] = _rank(self._bits, self._before, self._starts, parts, rows)
        return numbers

    def _freeze(self) -> None:
        parts = sorted(self._words)
        lengths = [len(self._words[part]) for part in parts]
        self._starts = np.zeros(parts[-1] + 1, np.int64)
        self._starts[parts] = np.cumsum([0, *lengths[:-1]])
        self._bits = np.concatenate([self._words.pop(part) for part in parts])
        counts = np.bitwise_count(self._bits)
        self._before = np.cumsum(counts, dtype=np.int64) - counts


@njit(  # type: ignore[untyped-decorator]
    types.void(_WORDS, _INT64S, types.Array(types.bool_, 1, "C")), cache=True, nogil=True
)
def _mark(words: Any, rows: Any, new: Any) -> None:
    """Set the rows' bits; tells of each row whether it was not set."""
    for at in range(len(rows)):
        bit = np.uint64(1) << np.uint64(rows[at] & 63)
        new[at] = words[rows[at] >> 6] & bit == 0
        words[rows[at] >> 6] |= bit


@njit(  # type: ignore[untyped-decorator]
    _INT64S(_WORDS, _INT64S, _INT64S, _INT64S, _INT64S), cache=True, nogil=True
)
def _rank(bits: Any, before: Any, starts: Any, parts: Any, rows: Any) -> Any:
    numbers = np.empty(len(parts), np.int64)
    for at in range(len(parts)):
        word = starts[parts[at]] + (rows[at] >> 6)
        rest = bits[word] & ((np.uint64(1) << np.uint64(rows[at] & 63)) - np.uint64(1))
        # The bits of a word counted (Knuth, The Art of Computer Programming 4A, section 7.1.3).
        rest -= (rest >> np.uint64(1)) & np.uint64(0x5555555555555555)
        rest = (rest & np.uint64(0x3333333333333333)) + (
            (rest >> np.uint64(2)) & np.uint64(0x3333333333333333)
        )
        rest = (rest + (rest >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
        count = (rest * np.uint64(0x0101010101010101)) >> np.uint64(56)
        numbers[at] = before[word] + np.int64(count)
    return numbers
