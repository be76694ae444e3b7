"""What a segmentation comes to: its ids, its sum of scores, its place in the cache."""

from typing import Any

import numpy as np
from numba import njit

from haybale.tokenization.characters import character_bytes
from haybale.tokenization.span_cache import (
    COUNT_MASK,
    IDS,
    MAX_SPAN_PIECES,
    SIZE,
    UNKNOWN_FLAG,
    keep_span,
)

_SPACE = 0x20


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def write_kept(
    halves: Any, slot: Any, scores: Any, unknown_score: Any, ids: Any, cursor: Any, total: Any
) -> Any:
    """Write the ids that the cache keeps of a span; returns the cursor and the sum after them."""
    size = halves[slot, SIZE]
    num_ids = np.int64(size & COUNT_MASK)
    # Most spans have one id or two: both are written, and what is not one is written over.
    one, two = halves[slot, IDS], halves[slot, IDS + 1]
    ids[cursor], ids[cursor + 1] = one, two
    total = np.float32(total + scores[one])
    second = np.float32(total + scores[two])
    total = second if num_ids > 1 else total
    for place in range(2, num_ids):
        number = halves[slot, IDS + place]
        ids[cursor + place] = number
        total = np.float32(total + scores[number])
    total = np.float32(total + (unknown_score if size & UNKNOWN_FLAG else np.float32(0)))
    return cursor + num_ids, total


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def sum_path(path: Any, count: Any, total: Any, vocabulary: Any) -> Any:
    """The sum after a path, added up as SentencePiece does."""
    for place in range(count):
        if path[place] == vocabulary.unknown:
            total = np.float32(total + vocabulary.unknown_score)
        else:
            total = np.float32(total + vocabulary.scores[path[place]])
    return total


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def keep_path(
    data: Any, at: Any, end: Any, vocabulary: Any, cache: Any, scratch: Any, count: Any, limit: Any
) -> None:
    """Keep a span if it is of few pieces, or one unknown character that its bytes stand for."""
    path = scratch.path
    if count == 1 and path[0] == vocabulary.unknown:
        if len(vocabulary.byte_ids) > 0:
            count = write_unknown(data, at, vocabulary, scratch.ends, 0, False)
            keep_span(cache, data, at, end - at, scratch.ends, count | UNKNOWN_FLAG, limit)
        return
    for place in range(count):
        if path[place] == vocabulary.unknown:
            return
    if count <= MAX_SPAN_PIECES:
        keep_span(cache, data, at, end - at, path, count, limit)


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def write_path(
    data: Any,
    at: Any,
    vocabulary: Any,
    path: Any,
    count: Any,
    ids: Any,
    cursor: Any,
    after_unknown: Any,
) -> Any:
    """Write the ids of a span that begins at a place, unknown characters among them."""
    for place in range(count):
        number = path[place]
        if number == vocabulary.unknown:
            cursor = write_unknown(data, at, vocabulary, ids, cursor, after_unknown)
            at += character_bytes(data[at])
        else:
            ids[cursor] = number
            cursor += 1
            at += vocabulary.piece_bytes[number]
        after_unknown = number == vocabulary.unknown
    return cursor, after_unknown


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def write_unknown(
    data: Any, at: Any, vocabulary: Any, ids: Any, cursor: Any, after_unknown: Any
) -> Any:
    """Write an unknown character: byte by byte, or once for a run of them."""
    if len(vocabulary.byte_ids) == 0:
        if not after_unknown:
            ids[cursor] = vocabulary.unknown
            cursor += 1
        return cursor
    if data[at] == _SPACE:
        for byte in (0xE2, 0x96, 0x81):
            ids[cursor] = vocabulary.byte_ids[byte]
            cursor += 1
        return cursor
    for place in range(at, at + character_bytes(data[at])):
        ids[cursor] = vocabulary.byte_ids[data[place]]
        cursor += 1
    return cursor
