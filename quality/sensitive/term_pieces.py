"""Pieces of a text, cut where ASCII words end, and which of them may begin a term.

Most words begin no term, and no processor foresees where a word ends: to look for that byte by byte
costs more than all else. So ends are found without a branch, and words passed over by a filter.
"""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

OTHER, WORD, WIDE = range(3)
"""Kinds of bytes: of other ASCII; ASCII letters and digits; of code points beyond ASCII."""

PIECES_BYTES = 1024
"""Of a text at a time, so that its pieces stay in the processor's first cache."""

SHAPE_BITS = 16
"""Of the hash by which an ASCII word that begins no term is passed over."""


@cache
def byte_kinds() -> npt.NDArray[np.uint8]:
    """uint8[256]: the kind of each byte."""
    kinds = np.full(256, WIDE, np.uint8)
    kinds[:0x80] = [WORD if chr(byte).isalnum() else OTHER for byte in range(0x80)]
    return kinds


@njit(nogil=True)  # type: ignore[untyped-decorator]
def find_pieces(data: Any, at: int, stop: int, kinds: Any, pieces: Any) -> Any:
    """Where pieces begin: each is as long as its bytes are of one kind.

    Args:
        data: uint8[...]: UTF-8.
        at: First byte.
        stop: Byte behind the last.
        kinds: Of bytes.
        pieces: int64[stop - at + 1 or more], overwritten: first bytes, then `stop`.

    Returns:
        int64: how many.
    """
    count, before = np.uint64(0), np.uint8(255)
    # Unsigned: of a signed index it is checked each time whether it counts from the end.
    for place in range(np.uint64(at), np.uint64(stop)):
        kind = kinds[data[place]]
        pieces[count] = place  # written over, unless it is counted
        count += np.uint64(kind != before)
        before = kind
    pieces[count] = stop
    return np.int64(count)


@njit(inline="always")  # type: ignore[untyped-decorator]
def shape(data: Any, at: int, stop: int) -> Any:
    """Hash of an ASCII word's length up to 15 and first eight bytes, the same in either case."""
    length, word = stop - at, np.uint64(0)
    if at + 8 <= len(data):
        first = np.uint64(at)
        for byte in range(np.uint64(8)):  # compiled to one load
            word |= np.uint64(data[first + byte]) << (byte << np.uint64(3))
    else:
        for place in range(at, len(data)):
            word |= np.uint64(data[place]) << np.uint64(8 * (place - at))
    if length < 8:
        word &= (np.uint64(1) << np.uint64(8 * length)) - np.uint64(1)
    word |= np.uint64(0x2020202020202020)  # small letters; digits have this bit
    word = (word + np.uint64(min(length, 15))) * np.uint64(0x9E3779B97F4A7C15)
    return word >> np.uint64(64 - SHAPE_BITS)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def mark_shapes(data: Any, offsets: Any, kinds: Any, shapes: Any) -> None:
    """Mark the shape of the first ASCII word of each term.

    Args:
        data: uint8[...]: UTF-8 of terms in lower case.
        offsets: int64[terms + 1].
        kinds: Of bytes.
        shapes: bool[2 ** SHAPE_BITS], changed.
    """
    for row in range(len(offsets) - 1):
        at, high = offsets[row], offsets[row + 1]
        while at < high and kinds[data[at]] != WORD:
            at += 1
        stop = at
        while stop < high and kinds[data[stop]] == WORD:
            stop += 1
        if at < stop:
            shapes[shape(data, at, stop)] = True
