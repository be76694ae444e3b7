"""Finds the documents of a stretch among the list offsets of its record batch.

An offset is looked for near where it would be if all documents were of one length: each look
elsewhere waits for memory, or for the disk.
"""

from typing import Any

from numba import njit

from haybale.loaders.samples.reading import read_fully

MIN_WINDOW = 1024
"""Offsets read from a file at a time, at least: a page of memory."""

_OFFSET_BYTES = 4


@njit(inline="always")  # type: ignore[untyped-decorator]
def first_from(offsets: Any, wanted: int, guess: int) -> int:
    """Number of the first of rising offsets that is at least `wanted`.

    Args:
        offsets: int32[offsets].
        wanted: A token's number.
        guess: Where the search begins.
    """
    guess = min(max(guess, 0), len(offsets))
    low, high, step = guess, guess, 1
    while low > 0 and offsets[low - 1] >= wanted:
        high, low, step = low - 1, max(0, low - 1 - step), 2 * step
    if low == guess:
        step = 1
        while high < len(offsets) and offsets[high] < wanted:
            low, high, step = high + 1, min(len(offsets), high + 1 + step), 2 * step
    while low < high:
        middle = (low + high) >> 1
        if offsets[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@njit(inline="always")  # type: ignore[untyped-decorator]
def read_window(
    file: int, position: int, num_offsets: int, guess: int, begin: int, end: int, window: Any
) -> int:
    """Read the offsets from before the first at `begin` or later to the first at `end` or later.

    Args:
        file: A descriptor.
        position: Where in the file the offsets begin, in bytes.
        num_offsets: Of the record batch.
        guess: About where among them the first lies.
        begin: A token's number.
        end: A later one.
        window: int32[at least end - begin + 2], filled with offsets that follow each other.

    Returns:
        How many of the offsets come before those in the window; -1: they cannot be read; -2: they
        do not rise.
    """
    size = min(len(window), num_offsets)
    low, high = 0, num_offsets - size  # where a window may begin
    at = min(max(guess - size // 2, low), high)
    while low <= high:
        num_bytes = size * _OFFSET_BYTES
        if not read_fully(file, window.ctypes.data, num_bytes, position + at * _OFFSET_BYTES):
            return -1
        if at > 0 and window[0] >= begin:
            high = at - 1
            at = (low + high) >> 1
        elif at + size == num_offsets or window[size - 1] >= end:
            return at
        elif window[size - 1] < begin:
            low = max(at + 1, min(at + size - 1, high))
            at = (low + high) >> 1
        else:
            low = at = max(at + 1, min(at + first_from(window[:size], begin, 0) - 1, high))
    return -2
