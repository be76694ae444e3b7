"""The walk over a batch that finds terms."""

from typing import Any

import numpy as np
from numba import njit

from haybale.quality.characters import class_of, decode
from haybale.quality.sensitive.term_pieces import (
    OTHER,
    PIECES_BYTES,
    WIDE,
    WORD,
    find_pieces,
    shape,
)
from haybale.quality.sensitive.term_tokens import (
    BEGINNING,
    FILTER_BITS,
    TOKEN,
    joined,
    read_joint,
    read_token,
    skip_token,
)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def search(data: Any, offsets: Any, lower: Any, kinds: Any, table: Any) -> Any:
    """Find terms: the longest from the left, again from where it ends.

    Args:
        data: uint8[...]: UTF-8 of all texts.
        offsets: int64[rows + 1].
        lower: Code points in lower case.
        kinds: Of bytes, for pieces.
        table: `TermTable`.

    Returns:
        int64[hits, 2]: row and term.
    """
    classes, keys, terms, goes_on, first, shapes = table
    found, num_found = np.empty((64, 2), np.int64), 0
    pieces, chosen = np.empty(PIECES_BYTES + 1, np.int64), np.empty(PIECES_BYTES, np.int64)
    for row in range(len(offsets) - 1):
        at, high = offsets[row], offsets[row + 1]
        while at < high:
            stop = min(at + PIECES_BYTES, high)
            count = find_pieces(data, at, stop, kinds, pieces)
            if stop < high and count > 1:
                count -= 1  # the last may go on: it is the first of the next
            num_chosen = _choose(data, high, classes, kinds, shapes, pieces, count, chosen)
            for place in range(num_chosen):
                piece = chosen[place]
                at = max(at, pieces[piece])  # what went before may reach into it, or beyond
                while at < pieces[piece + 1]:
                    point, width = decode(data, at)
                    kind = class_of(classes, point)
                    if not kind & BEGINNING:
                        at += width
                        if kind & TOKEN:
                            at = skip_token(data, at, high, classes)
                        continue
                    token, at = read_token(data, at, high, classes, lower)
                    if not first[token >> np.uint64(64 - FILTER_BITS)]:
                        continue
                    term, at = _longest(data, at, high, token, classes, lower, keys, terms, goes_on)
                    if term >= 0:
                        if num_found == len(found):
                            found = np.concatenate((found, np.empty_like(found)))
                        found[num_found, 0], found[num_found, 1] = row, term
                        num_found += 1
            at = max(at, pieces[count])
    return found[:num_found]


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _choose(
    data: Any,
    high: int,
    classes: Any,
    kinds: Any,
    shapes: Any,
    pieces: Any,
    count: int,
    chosen: Any,
) -> Any:
    """Which pieces may hold the beginning of a term: without a branch for words of ASCII alone."""
    num_chosen = np.uint64(0)
    for piece in range(np.uint64(count)):  # unsigned, as in find_pieces
        begin, behind = pieces[piece], pieces[piece + np.uint64(1)]
        kind = kinds[data[np.uint64(begin)]]
        if kind == WORD:
            goes_on = False
            if behind < high and kinds[data[np.uint64(behind)]] != OTHER:
                point, _ = decode(data, behind)
                goes_on = (class_of(classes, point) & TOKEN) != 0
            chosen[num_chosen] = piece  # written over, unless it is counted
            num_chosen += np.uint64(goes_on | shapes[shape(data, begin, behind)])
        elif kind == WIDE:
            chosen[num_chosen] = piece
            num_chosen += np.uint64(1)
    return np.int64(num_chosen)


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _longest(
    data: Any,
    stop: int,
    high: int,
    token: Any,
    classes: Any,
    lower: Any,
    keys: Any,
    terms: Any,
    goes_on: Any,
) -> tuple[Any, Any]:
    """The longest term that begins with a token, and the byte behind it; -1: none, and `stop`."""
    place, state, best, at = _place(keys, token), token, np.int64(-1), stop
    while place >= 0:
        if terms[place] >= 0:
            best, at = terms[place], stop
        if not goes_on[place]:
            break
        begin = read_joint(data, stop, high, classes)
        token, behind = read_token(data, begin, high, classes, lower)
        if behind == begin:
            break
        state = joined(state, token, begin > stop)
        place, stop = _place(keys, state), behind
    return best, at


@njit(inline="always")  # type: ignore[untyped-decorator]
def _place(keys: Any, key: Any) -> Any:
    """Where a key is; -1: nowhere."""
    mask = len(keys) - 1
    place = np.int64(key & np.uint64(mask))
    while keys[place] != 0:
        if keys[place] == key:
            return place
        place = (place + 1) & mask
    return -1
