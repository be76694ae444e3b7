"""Kernels that find what a text repeats: lines, paragraphs, and n-grams of words.

One reading throughout: a unit is a duplicate if it occurs more than once in its text, every copy
counts, and each character counts once however many duplicates it lies in.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from haybale.quality.characters import mix

Int64s = npt.NDArray[np.int64]
UInt64s = npt.NDArray[np.uint64]

NGRAM_SIZES = (2, 3, 4, 5, 6, 7, 8, 9, 10)
TOP_SIZES = 3
"""For the first sizes the most frequent n-gram is measured, for the others all duplicate ones."""

_NONE, _REPEATED = -1, -2  # in place of a slot

_BASE = np.uint64(0x9E3779B97F4A7C15)


def repeated(hashes: UInt64s, characters: Int64s, edges: Int64s) -> tuple[Int64s, Int64s]:
    """Units that occur more than once within their row, every copy.

    Args:
        hashes: uint64[units]; equal hashes are equal units.
        characters: int64[units].
        edges: int64[rows + 1]: which units are each row's.

    Returns:
        int64[rows]: how many units; int64[rows]: their characters.
    """
    found = _repeated(hashes, characters, edges)
    return found[:, 0], found[:, 1]


def ngram_characters(hashes: UInt64s, characters: Int64s, edges: Int64s) -> Int64s:
    """Characters in repeated n-grams.

    An n-gram can only occur twice where both its (n-1)-grams do, so each size looks only at what
    the one before it left: on natural text all sizes together cost less than twice the first.

    Args:
        hashes: uint64[words].
        characters: int64[words].
        edges: int64[rows + 1]: which words are each row's.

    Returns:
        int64[rows, sizes], sizes as NGRAM_SIZES. For n = 2 to 4: characters in words of the most
        frequent n-gram, if it occurs at least twice (of equally frequent ones the one with most
        characters, of these the first). For n = 5 to 10: characters in words of any n-gram that
        occurs at least twice.
    """
    return np.asarray(_ngram_characters(hashes, characters, edges))


@njit(inline="always")  # type: ignore[untyped-decorator]
def _slot(keys: Any, stamps: Any, stamp: int, mask: int, key: Any) -> Any:
    """The place of a key in an open-addressing table: its own, or the free one where it belongs.

    A slot is free unless it bears this use's stamp, so that tables never need clearing.
    """
    place = np.int64(key & np.uint64(mask))
    while stamps[place] == stamp and keys[place] != key:
        place = (place + 1) & mask
    return place


@njit(inline="always")  # type: ignore[untyped-decorator]
def _table_size(num_keys: int) -> int:
    """A power of two of at least twice as many slots."""
    size = 16
    while size < 2 * num_keys:
        size *= 2
    return size


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _longest(edges: Any) -> Any:
    longest = 0
    for row in range(len(edges) - 1):
        longest = max(longest, edges[row + 1] - edges[row])
    return longest


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _repeated(hashes: Any, characters: Any, edges: Any) -> Any:
    out = np.zeros((len(edges) - 1, 2), np.int64)
    size = _table_size(_longest(edges))
    keys, stamps = np.empty(size, np.uint64), np.zeros(size, np.int64)
    counts = np.empty(size, np.int64)
    for row in range(len(edges) - 1):
        start, stop = edges[row], edges[row + 1]
        mask = _table_size(stop - start) - 1
        for at in range(start, stop):
            place = _slot(keys, stamps, row + 1, mask, hashes[at])
            if stamps[place] != row + 1:
                stamps[place], keys[place], counts[place] = row + 1, hashes[at], 0
            counts[place] += 1
        for at in range(start, stop):
            if counts[_slot(keys, stamps, row + 1, mask, hashes[at])] > 1:
                out[row, 0] += 1
                out[row, 1] += characters[at]
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ngram_characters(hashes: Any, characters: Any, edges: Any) -> Any:
    out = np.zeros((len(edges) - 1, len(NGRAM_SIZES)), np.int64)
    longest = _longest(edges)
    size = _table_size(longest)
    keys, stamps = np.empty(size, np.uint64), np.zeros(size, np.int64)
    counts = np.empty(size, np.int64)
    grams, slots = np.empty(longest, np.uint64), np.empty(longest, np.int64)
    places = np.empty(longest, np.int64)  # where an n-gram may repeat
    stamp = np.int64(0)
    for row in range(len(edges) - 1):
        start = edges[row]
        num_words = edges[row + 1] - start
        num_places = max(0, num_words - 1)
        for at in range(num_places):
            places[at] = at
            grams[at] = hashes[start + at]
        for level in range(len(NGRAM_SIZES)):
            n = NGRAM_SIZES[level]
            stamp += 1
            mask = _table_size(num_places) - 1
            for i in range(num_places):
                at = places[i]
                gram = mix(grams[at] * _BASE + hashes[start + at + n - 1])
                grams[at] = gram
                place = _slot(keys, stamps, stamp, mask, gram)
                if stamps[place] != stamp:
                    stamps[place], keys[place], counts[place] = stamp, gram, 0
                counts[place] += 1
                slots[i] = place
            chosen = _REPEATED
            if level < TOP_SIZES:
                chosen = _top(places, slots, counts, num_places, characters, start, n)
            out[row, level] = _covered(
                places, slots, counts, num_places, characters, start, n, chosen
            )
            num_places = _survivors(places, slots, counts, num_places, num_words - n)
            if num_places == 0:
                break
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _survivors(places: Any, slots: Any, counts: Any, num_places: int, limit: int) -> int:
    """Keep the places whose n-gram repeats, as the next one's does, and that a longer one fits."""
    kept = 0
    for i in range(num_places - 1):
        if (
            counts[slots[i]] > 1
            and places[i + 1] == places[i] + 1
            and counts[slots[i + 1]] > 1
            and places[i] < limit
        ):
            places[kept] = places[i]
            kept += 1
    return kept


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _top(
    places: Any,
    slots: Any,
    counts: Any,
    num_places: int,
    characters: Any,
    start: int,
    n: int,
) -> Any:
    """The slot of the most frequent n-gram that repeats; _NONE where none does."""
    best, best_count, best_length = np.int64(_NONE), np.int64(1), np.int64(0)
    for i in range(num_places):
        count = counts[slots[i]]
        if count < 2 or count < best_count or slots[i] == best:
            continue
        length = np.int64(0)
        for word in range(start + places[i], start + places[i] + n):
            length += characters[word]
        if count > best_count or length > best_length:
            best, best_count, best_length = slots[i], count, length
    return best


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _covered(
    places: Any,
    slots: Any,
    counts: Any,
    num_places: int,
    characters: Any,
    start: int,
    n: int,
    chosen: int,
) -> Any:
    """Characters in words of the n-gram in the chosen slot, or of all that repeat (_REPEATED)."""
    total, covered = np.int64(0), np.int64(0)
    for i in range(num_places):
        if slots[i] == chosen or (chosen == _REPEATED and counts[slots[i]] > 1):
            for word in range(max(covered, places[i]), places[i] + n):
                total += characters[start + word]
            covered = places[i] + n
    return total
