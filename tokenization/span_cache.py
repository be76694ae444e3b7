"""A bounded table of encoded spans: each distinct one is encoded once and found again.

A slot is one cache line of 64 bytes: the span itself (up to 32 bytes), its length and number of
ids, how far its encoding holds, and up to six ids. Longer spans are rare and not kept. A span has
four slots in reach: three keep whatever came first (the frequent ones come early), the last one the
latest. What is in the table never changes an id, only how quickly it is found.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from haybale.tokenization.characters import load_word

MAX_SPAN_BYTES = 32
MAX_SPAN_PIECES = 6
NUM_SLOTS = 1 << 19  # 32 MB, for about 400,000 distinct spans
NUM_WAYS = 4
_WORDS = 8  # of a slot
SIZE, LIMIT, IDS = 8, 9, 10
"""Columns of `halves` and `limits`."""
COUNT_MASK, UNKNOWN_FLAG = np.uint32(0x7F), np.uint32(0x80)
"""Of SIZE: number of ids; whether they are the bytes of one unknown character."""


class SpanCache(NamedTuple):
    """Three views of the same memory.

    Attributes:
        words: uint64[slots, 8]: 0 to 3 are the span, zeros behind it.
        halves: uint32[slots, 16]: 8 is `bytes << 8 | flag | number of ids`, 0 where the slot is
            free; from 10 on the ids.
        limits: float32[slots, 16]: 9 is the magnitude of the score before the span up to which
            its encoding holds.
    """

    words: npt.NDArray[np.uint64]
    halves: npt.NDArray[np.uint32]
    limits: npt.NDArray[np.float32]


def make_cache(num_slots: int = NUM_SLOTS) -> SpanCache:
    """An empty table of a power of two of slots, at least NUM_WAYS."""
    # Not np.zeros: NumPy asks for huge pages only for memory that is not zeroed by the system.
    words = np.empty((num_slots, _WORDS), np.uint64)
    words[:] = 0
    return SpanCache(words, words.view(np.uint32), words.view(np.float32))


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _hash_word(word: Any, num_bytes: Any) -> Any:
    mixed = (word ^ np.uint64(num_bytes)) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed ^ mixed >> np.uint64(32)) * np.uint64(0xBF58476D1CE4E5B9)


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def first_slot(words: Any, data: Any, start: Any, num_bytes: Any) -> Any:
    """The first of the slots that a span may be in; any one for a span that is never kept."""
    mixed = _hash_word(load_word(data, start, num_bytes), num_bytes)
    if num_bytes > 8:
        for place in range(8, min(num_bytes, MAX_SPAN_BYTES), 8):
            mixed = _hash_word(load_word(data, start + place, num_bytes - place) ^ mixed, num_bytes)
    return np.int64(mixed >> np.uint64(32) & np.uint64(len(words) - 1))


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def find_span(words: Any, halves: Any, first: Any, data: Any, start: Any, num_bytes: Any) -> Any:
    """The slot that has a span, or -1; `first` is its `first_slot`."""
    word = load_word(data, start, num_bytes)
    for way in range(NUM_WAYS):
        slot = first ^ way
        size = halves[slot, SIZE] >> np.uint32(8)
        # A span of up to eight bytes is its first word and its length.
        if (
            words[slot, 0] == word
            and size == np.uint32(num_bytes)
            and (num_bytes <= 8 or _is_rest(words, slot, data, start, num_bytes))
        ):
            return slot
    return np.int64(-1)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _is_rest(words: Any, slot: Any, data: Any, start: Any, num_bytes: Any) -> Any:
    """Whether a slot has a span's bytes after the first eight."""
    equal = True
    for place in range(8, min(num_bytes, MAX_SPAN_BYTES), 8):
        equal &= words[slot, place >> 3] == load_word(data, start + place, num_bytes - place)
    return equal


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def keep_span(
    cache: Any, data: Any, start: Any, num_bytes: Any, ids: Any, count: Any, limit: Any
) -> None:
    """Keep a span, its first `count` ids and the magnitude below which they hold."""
    first = first_slot(cache.words, data, start, num_bytes)
    for way in range(NUM_WAYS):
        slot = first ^ way
        if cache.halves[slot, SIZE] == 0:
            break
    cache.words[slot, :4] = 0
    for place in range(0, num_bytes, 8):
        cache.words[slot, place >> 3] = load_word(data, start + place, num_bytes - place)
    cache.halves[slot, SIZE] = np.uint32(num_bytes << 8 | count)
    cache.limits[slot, LIMIT] = limit
    for place in range(count & COUNT_MASK):
        cache.halves[slot, IDS + place] = ids[place]
