"""Places in a text that no piece can cross, found out from the pieces themselves.

Two characters that stand side by side in no piece are always encoded apart: what stands before such
a boundary and what stands behind it are encoded independently. In text of words every space is one
(unless pieces hold inner spaces), and so are most changes between letters, digits and punctuation;
in text without spaces every rare pair of characters is.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from haybale.tokenization.characters import character_bytes, character_key

_BITS = 20  # of a hash; a pair that shares it with a joined one is merely no boundary
_LOW = np.uint64(7)


class Joins(NamedTuple):
    """Pairs of characters that some piece joins.

    Attributes:
        ascii: bool[128 * 128]: whether a piece has the one right before the other.
        others: uint8[1 << 17]: the same for all other pairs, a bit for each hash.
    """

    ascii: npt.NDArray[np.bool_]
    others: npt.NDArray[np.uint8]


def find_joins(pieces: list[bytes]) -> Joins:
    """The pairs of characters that pieces join.

    Args:
        pieces: UTF-8, as they are looked for in the text.
    """
    data = np.frombuffer(b"".join(pieces), np.uint8)
    ends = np.cumsum([len(piece) for piece in pieces], dtype=np.int64)
    joins = Joins(np.zeros(128 * 128, np.bool_), np.zeros(1 << (_BITS - 3), np.uint8))
    _mark(data, ends, joins.ascii, joins.others)
    return joins


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _pair_hash(one: Any, other: Any) -> Any:
    mixed = (one * np.uint64(0x9E3779B97F4A7C15) ^ other) * np.uint64(0xBF58476D1CE4E5B9)
    return mixed >> np.uint64(64 - _BITS)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _mark(data: Any, ends: Any, ascii_joins: Any, other_joins: Any) -> None:
    start = 0
    for end in ends:
        at = start
        before, is_first = np.uint64(0), True
        while at < end:
            num_bytes = character_bytes(data[at])
            key = character_key(data, at, num_bytes)
            if not is_first:
                if before < 128 and key < 128:
                    ascii_joins[before << np.uint64(7) | key] = True
                else:
                    place = _pair_hash(before, key)
                    other_joins[place >> np.uint64(3)] |= np.uint8(1) << np.uint8(place & _LOW)
            before, is_first = key, False
            at += num_bytes
        start = end


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def find_spans(
    data: Any, start: Any, stop: Any, ascii_joins: Any, other_joins: Any, ends: Any
) -> Any:
    """Where the next spans end: at boundaries, the last one of a text at `stop`.

    Args:
        data: uint8[...]: UTF-8.
        start: Where the first span begins.
        stop: Where the text ends.
        ascii_joins: Of Joins.
        other_joins: Of Joins.
        ends: int64[spans]: filled.

    Returns:
        How many were found: all that `ends` has room for, unless the text ends before.
    """
    num_bytes = character_bytes(data[start])
    before = character_key(data, start, num_bytes)
    at, count, room = start + num_bytes, 0, len(ends)
    while at < stop and count < room:
        # Written at every character and counted at boundaries: whether a place is one is as good
        # as random, and a branch on it would be guessed wrongly at every other span.
        ends[count] = at
        byte = np.uint64(data[at])
        if (byte | before) < 128:
            count += not ascii_joins[before << np.uint64(7) | byte]
            before = byte
            at += 1
        else:
            num_bytes = character_bytes(byte)
            key = character_key(data, at, num_bytes)
            place = _pair_hash(before, key)
            count += not other_joins[place >> np.uint64(3)] >> np.uint8(place & _LOW) & 1
            before = key
            at += num_bytes
    if count < room:
        ends[count] = stop
        count += 1
    return count
