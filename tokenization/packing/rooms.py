"""The rooms that sequences have left, for kernels: which is the smallest that is large enough?

A set of whole numbers 0..T as bits, with a second level that has a bit for every word of the first
that is not 0: two words are looked at, and a word more for every 4,096 of T.
"""

from typing import Any

import numpy as np
from numba import njit

_ONE, _TWO, _FOUR, _ALL = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(0xFFFFFFFFFFFFFFFF)
_PAIRS, _FOURS = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
_BYTES, _SUM, _TOP = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101), np.uint64(56)


@njit(inline="always")  # type: ignore[untyped-decorator]
def _lowest_bit(word: Any) -> Any:
    """Zeros below the lowest one of a word: the ones of the word that has ones only there."""
    below = (word & (~word + _ONE)) - _ONE
    below -= (below >> _ONE) & _PAIRS
    below = (below & _FOURS) + ((below >> _TWO) & _FOURS)
    below = (below + (below >> _FOUR)) & _BYTES
    return np.int64((below * _SUM) >> _TOP)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def no_rooms(largest: int) -> Any:
    """An empty set of rooms up to the largest: its two levels."""
    words = np.zeros((largest >> 6) + 1, np.uint64)
    return words, np.zeros((len(words) >> 6) + 1, np.uint64)


@njit(inline="always")  # type: ignore[untyped-decorator]
def add_room(words: Any, summary: Any, room: int) -> None:
    """Put a room into the set."""
    word = room >> 6
    words[word] |= _ONE << np.uint64(room & 63)
    summary[word >> 6] |= _ONE << np.uint64(word & 63)


@njit(inline="always")  # type: ignore[untyped-decorator]
def remove_room(words: Any, summary: Any, room: int) -> None:
    """Take a room that is there out of the set."""
    word = room >> 6
    words[word] &= ~(_ONE << np.uint64(room & 63))
    if words[word] == 0:
        summary[word >> 6] &= ~(_ONE << np.uint64(word & 63))


@njit(inline="always")  # type: ignore[untyped-decorator]
def smallest_room(words: Any, summary: Any, length: int) -> Any:
    """The smallest room of the set that is at least as large; -1 if there is none."""
    word = length >> 6
    found = words[word] & (_ALL << np.uint64(length & 63))
    if found != 0:
        return (word << 6) + _lowest_bit(found)
    word += 1
    block = word >> 6
    if block == len(summary):
        return -1
    later = summary[block] & (_ALL << np.uint64(word & 63))
    while later == 0:
        block += 1
        if block == len(summary):
            return -1
        later = summary[block]
    word = (block << 6) + _lowest_bit(later)
    return (word << 6) + _lowest_bit(words[word])
