"""The normal form of a text: what is left of it when case, punctuation and spacing do not count.

A word is a maximal run of non-white-space code points with punctuation and symbols (Unicode
categories P and S) taken out; runs of nothing else vanish. So far the paper (Rae et al. 2021, arXiv
2112.11446, appendix A.1.1). Case is folded too, code point by code point, where the lower case is a
single one: a page in capitals is the same page. The normal form is the words in UTF-8, one space
between two. Whatever near-duplicates are found by, words or characters, it is read from this.
"""

import itertools
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash
from numba import njit, types

from haybale.corpus.documents import text_data, text_offsets
from haybale.quality.characters import (
    BYTES,
    PUNCTUATION,
    SPACE,
    TABLE_SIZE,
    character_classes,
    class_of,
    decode,
    lower_points,
)

_WORD, _SPACE, _WIDE = 0x100, 0x200, 0x400
"""What a byte is: of a word, white space, part of a wider code point; else it is passed over."""
_BLANK = 0x20
_ONE = np.uint64(1)

_BYTE_KINDS = types.Array(types.uint16, 1, "C", readonly=True)
_POINTS = types.Array(types.int32, 1, "C", readonly=True)
NORMAL = types.Array(types.uint8, 1, "C")
WORDS = types.Array(types.uint64, 1, "C")


class Tables(NamedTuple):
    """What is known of bytes and code points; read-only arrays, made by `tables`.

    Attributes:
        byte_kinds: uint16[256]: the folded byte, and above it what it is.
        classes: uint8[TABLE_SIZE]: as in `haybale.quality.characters`.
        lower: int32[TABLE_SIZE]: lower case of each code point.
    """

    byte_kinds: npt.NDArray[np.uint16]
    classes: npt.NDArray[np.uint8]
    lower: npt.NDArray[np.int32]


TABLES = types.NamedTuple((_BYTE_KINDS, BYTES, _POINTS), Tables)


@cache
def tables() -> Tables:
    """The tables of the Unicode version that Python carries."""
    classes, lower = character_classes().view(), lower_points().view()
    ascii_classes, folded = classes[:128], lower[:128].astype(np.uint16)
    kinds = np.full(256, _WIDE, np.uint16)
    is_space = (ascii_classes & SPACE) > 0
    is_word = (ascii_classes & (SPACE | PUNCTUATION)) == 0
    kinds[:128] = np.where(is_space, _SPACE | _BLANK, np.where(is_word, _WORD | folded, 0))
    for table in (kinds, classes, lower):
        table.flags.writeable = False
    return Tables(kinds, classes, lower)


@njit(inline="always")  # type: ignore[untyped-decorator]
def _encode(point: Any, out: Any, at: Any) -> Any:
    """Write a code point as UTF-8; returns its width."""
    if point < 0x80:
        out[at] = point
        return 1
    if point < 0x800:
        out[at] = 0xC0 | (point >> 6)
        out[at + 1] = 0x80 | (point & 0x3F)
        return 2
    if point < 0x10000:
        out[at] = 0xE0 | (point >> 12)
        out[at + 1] = 0x80 | ((point >> 6) & 0x3F)
        out[at + 2] = 0x80 | (point & 0x3F)
        return 3
    out[at] = 0xF0 | (point >> 18)
    out[at + 1] = 0x80 | ((point >> 12) & 0x3F)
    out[at + 2] = 0x80 | ((point >> 6) & 0x3F)
    out[at + 3] = 0x80 | (point & 0x3F)
    return 4


@njit(  # type: ignore[untyped-decorator]
    types.UniTuple(types.int64, 2)(BYTES, types.int64, types.int64, TABLES, NORMAL, WORDS),
    cache=True,
    nogil=True,
)
def normalise(
    data: Any, start: Any, stop: Any, tables: Any, out: Any, ends: Any
) -> tuple[Any, Any]:
    """Write the normal form of data[start:stop].

    ASCII takes no branch that the text decides: a byte is written in any case, and the place to
    write at moves on if it counts.

    Args:
        data: UTF-8.
        start: First byte.
        stop: Behind the last byte.
        tables: From `tables`.
        out: Where the normal form goes; room for `normal_room(stop - start)` bytes.
        ends: Where in `out` each word ends; room for `word_room(stop - start)`.

    Returns:
        Bytes and words of the normal form.
    """
    # Unsigned, because Numba would ask of every signed place whether it counts from the end.
    length, num_words, inside = np.uint64(0), np.uint64(0), np.uint64(0)
    at, end = np.uint64(start), np.uint64(stop)
    while at < end:
        kind = np.uint64(tables.byte_kinds[data[at]])
        if kind < _WIDE:
            out[length] = np.uint8(kind)
            ends[num_words] = length
            is_space, is_word = kind >> np.uint64(9), (kind >> np.uint64(8)) & _ONE
            ended = is_space & inside  # a word is begun and ends here
            num_words += ended
            length += is_word | ended
            inside = (inside | is_word) & ~is_space
            at += _ONE
            continue
        point, width = decode(data, at)
        group = class_of(tables.classes, point)
        if not group & (SPACE | PUNCTUATION):
            folded = np.int64(tables.lower[point]) if point < TABLE_SIZE else point
            length += np.uint64(_encode(folded, out, length))
            inside = _ONE
        elif group & SPACE and inside:
            ends[num_words] = length
            num_words += _ONE
            out[length] = np.uint8(_BLANK)
            length += _ONE
            inside = np.uint64(0)
        at += np.uint64(width)
    if inside:
        ends[num_words] = length
        num_words += _ONE
    elif num_words:
        length -= _ONE  # the space behind the last word
    return np.int64(length), np.int64(num_words)


def normal_room(num_bytes: int) -> int:
    """Bytes for the normal form of so many: some code points of two have a lower case of three.

    A multiple of eight, with eight more, so that the words can be read eight bytes at a time.
    """
    return (num_bytes + num_bytes // 2) // 8 * 8 + 16


def word_room(num_bytes: int) -> int:
    """A word takes two bytes with the space behind it; and one place that may be written to."""
    return num_bytes // 2 + 2


def normalised_digests(texts: pa.Array) -> pa.Array:
    """Digest of the normal form of each text: texts of equal digests have equal shingles.

    Args:
        texts: large_string[documents].

    Returns:
        fixed_size_binary(16)[documents]: xxh3-128; null for a text without words, which equals
        no other.
    """
    offsets, data = text_offsets(texts), text_data(texts)
    longest = int(np.diff(offsets).max(initial=0))
    out, ends = np.zeros(normal_room(longest), np.uint8), np.empty(word_room(longest), np.uint64)
    memory = memoryview(out)  # type: ignore[arg-type]
    digests = []
    for start, stop in itertools.pairwise(offsets.tolist()):
        length, num_words = normalise(data, start, stop, tables(), out, ends)
        digests.append(xxhash.xxh3_128_digest(memory[:length]) if num_words else None)
    return pa.array(digests, pa.binary(16))
