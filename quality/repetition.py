"""Kernels that find what a text repeats: lines, paragraphs, and n-grams of words.

One reading throughout: a unit is a duplicate if it occurs more than once in its text, every copy
counts, and each character counts once however many duplicates it lies in.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from haybale.quality.characters import HASHES, OFFSETS, mix

Int64s = npt.NDArray[np.int64]
UInt64s = npt.NDArray[np.uint64]

NGRAM_SIZES = (2, 3, 4, 5, 6, 7, 8, 9, 10)
TOP_SIZES = 3
"""For the first sizes the most frequent n-gram is measured, for the others all duplicate ones."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_COUNT = np.uint64(0xFFFFFFFF)

_TABLE = types.Array(types.uint64, 2, "C")
_NUMBERS = types.Array(types.int64, 1, "C")
_GRAMS = types.Array(types.uint64, 1, "C")


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
def _table_size(num_keys: int) -> int:
    """A power of two of at least twice as many slots."""
    size = 16
    while size < 2 * num_keys:
        size *= 2
    return size


@njit(types.int64(OFFSETS), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _longest(edges: Any) -> Any:
    longest = np.int64(0)
    for row in range(len(edges) - 1):
        longest = max(longest, edges[row + 1] - edges[row])
    return longest


@njit(  # type: ignore[untyped-decorator]
    types.void(HASHES, types.int64, _TABLE, types.uint64, _NUMBERS, _NUMBERS),
    cache=True,
    nogil=True,
)
def _count_copies(
    grams: Any, num_grams: int, table: Any, stamp: Any, slots: Any, copies: Any
) -> None:
    """Into copies[i]: how often grams[i] occurs among the first num_grams.

    Open addressing. A slot is a key and, in one number, the stamp of the use that filled it and a
    count: it is free unless it bears this use's stamp, so that the table never needs clearing, and
    a look-up touches one cache line.
    """
    mask = np.uint64(_table_size(num_grams) - 1)
    for i in range(num_grams):
        gram = grams[i]
        place = gram & mask
        while table[place, 1] >> _HALF == stamp and table[place, 0] != gram:
            place = (place + np.uint64(1)) & mask
        if table[place, 1] >> _HALF != stamp:
            table[place, 0] = gram
            table[place, 1] = stamp << _HALF
        table[place, 1] += np.uint64(1)
        slots[i] = place
    for i in range(num_grams):
        copies[i] = table[slots[i], 1] & _COUNT


@njit(types.int64[:, ::1](HASHES, OFFSETS, OFFSETS), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _repeated(hashes: Any, characters: Any, edges: Any) -> Any:
    out = np.zeros((len(edges) - 1, 2), np.int64)
    longest = _longest(edges)
    table = np.zeros((_table_size(longest), 2), np.uint64)
    slots, copies = np.empty(longest, np.int64), np.empty(longest, np.int64)
    for row in range(len(edges) - 1):
        start, stop = edges[row], edges[row + 1]
        _count_copies(hashes[start:stop], stop - start, table, np.uint64(row + 1), slots, copies)
        for unit in range(stop - start):
            if copies[unit] > 1:
                out[row, 0] += 1
                out[row, 1] += characters[start + unit]
    return out


@njit(  # type: ignore[untyped-decorator]
    types.int64(_NUMBERS, _GRAMS, _NUMBERS, types.int64, types.int64), cache=True, nogil=True
)
def _survivors(places: Any, grams: Any, copies: Any, num_places: int, limit: int) -> int:
    """Keep the places whose n-gram repeats, as the next one's does, and that a longer one fits."""
    kept = np.int64(0)
    for i in range(num_places - 1):
        if (
            copies[i] > 1
            and copies[i + 1] > 1
            and places[i + 1] == places[i] + 1
            and places[i] < limit
        ):
            places[kept], grams[kept] = places[i], grams[i]
            kept += 1
    return kept


@njit(  # type: ignore[untyped-decorator]
    types.int64(_NUMBERS, _GRAMS, _NUMBERS, types.int64, OFFSETS, types.int64),
    cache=True,
    nogil=True,
)
def _top(places: Any, grams: Any, copies: Any, num_places: int, lengths: Any, n: int) -> Any:
    """The first index of the most frequent n-gram that repeats; -1 where none does."""
    best, best_copies, best_length = np.int64(-1), np.int64(1), np.int64(0)
    for i in range(num_places):
        if copies[i] < 2 or copies[i] < best_copies or (best >= 0 and grams[i] == grams[best]):
            continue
        length = np.int64(0)
        for word in range(places[i], places[i] + n):
            length += lengths[word]
        if copies[i] > best_copies or length > best_length:
            best, best_copies, best_length = np.int64(i), copies[i], length
    return best


@njit(  # type: ignore[untyped-decorator]
    types.int64(
        _NUMBERS, _GRAMS, _NUMBERS, types.int64, OFFSETS, types.int64, types.uint64, types.boolean
    ),
    cache=True,
    nogil=True,
)
def _covered(
    places: Any,
    grams: Any,
    copies: Any,
    num_places: int,
    lengths: Any,
    n: int,
    gram: Any,
    all_repeated: bool,
) -> Any:
    """Characters in words of one n-gram, or of all that repeat."""
    total, covered = np.int64(0), np.int64(0)
    for i in range(num_places):
        if copies[i] > 1 and (all_repeated or grams[i] == gram):
            for word in range(max(covered, places[i]), places[i] + n):
                total += lengths[word]
            covered = places[i] + n
    return total


@njit(types.int64[:, ::1](HASHES, OFFSETS, OFFSETS), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ngram_characters(hashes: Any, characters: Any, edges: Any) -> Any:
    out = np.zeros((len(edges) - 1, len(NGRAM_SIZES)), np.int64)
    longest = _longest(edges)
    table = np.zeros((_table_size(longest), 2), np.uint64)
    slots, copies = np.empty(longest, np.int64), np.empty(longest, np.int64)
    places = np.empty(longest, np.int64)  # where an n-gram may repeat
    grams = np.empty(longest, np.uint64)  # the hashes of these
    stamp = np.uint64(0)
    for row in range(len(edges) - 1):
        words = hashes[edges[row] : edges[row + 1]]
        lengths = characters[edges[row] : edges[row + 1]]
        num_places = max(0, len(words) - 1)
        for at in range(num_places):
            places[at], grams[at] = at, words[at]
        for level in range(len(NGRAM_SIZES)):
            n = NGRAM_SIZES[level]
            for i in range(num_places):
                grams[i] = mix(grams[i] * _BASE + words[places[i] + n - 1])
            stamp += np.uint64(1)
            _count_copies(grams, num_places, table, stamp, slots, copies)
            if level < TOP_SIZES:
                top = _top(places, grams, copies, num_places, lengths, n)
                if top >= 0:
                    gram = grams[top]
                    out[row, level] = _covered(
                        places, grams, copies, num_places, lengths, n, gram, False
                    )
            else:
                out[row, level] = _covered(
                    places, grams, copies, num_places, lengths, n, np.uint64(0), True
                )
            num_places = _survivors(places, grams, copies, num_places, len(words) - n)
            if num_places == 0:
                break
    return out
