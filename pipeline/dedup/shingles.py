"""Documents to sets of hashed shingles: runs of n words, white space and punctuation ignored.

A word is a maximal run of non-white-space code points with punctuation and symbols (Unicode
categories P and S) taken out; runs of nothing else vanish. So far the paper (Rae et al. 2021, arXiv
2112.11446, appendix A.1.1). Case is folded too, code point by code point: a page in capitals is the
same page. A document of fewer than n words is one shingle, so that short documents are duplicates
exactly if their words are equal; a document without words has no shingles and is never a
near-duplicate.

A word's hash is FNV-1a (64 bits) over its code points; a shingle's is the polynomial
sum(word[i] * BASE^(n-1-i)) mod 2^64, finished with `mix64`. Rolling it costs the same for any n.
"""

import itertools
from dataclasses import dataclass
from typing import Any, Literal

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
    mix,
)

UInt64s = npt.NDArray[np.uint64]

_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying by it loses nothing

HASHES = types.Array(types.uint64, 1, "C")
POINTS = types.Array(types.int32, 1, "C", readonly=True)


@dataclass(frozen=True)
class Shingles:
    """What a document is a set of: runs of `length` words or characters."""

    kind: Literal["words", "characters"]
    length: int


@njit(  # type: ignore[untyped-decorator]
    types.int64(BYTES, types.int64, types.int64, BYTES, POINTS, HASHES), cache=True, nogil=True
)
def word_hashes(data: Any, start: int, stop: int, classes: Any, lower: Any, out: Any) -> int:
    """FNV-1a of each folded word of data[start:stop] into `out`; returns how many there are."""
    num_words = 0
    state = _FNV_OFFSET
    is_word = False
    at = start
    while at < stop:
        point, width = decode(data, at)
        kind = class_of(classes, point)
        if not kind & (SPACE | PUNCTUATION):
            is_word = True
            folded = lower[point] if point < TABLE_SIZE else point
            state = (state ^ np.uint64(folded)) * _FNV_PRIME
        elif kind & SPACE and is_word:
            out[num_words] = state
            num_words += 1
            state = _FNV_OFFSET
            is_word = False
        at += width
    if is_word:
        out[num_words] = state
        num_words += 1
    return num_words


@njit(types.int64(HASHES, types.int64, types.int64), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def roll(hashes: Any, num_words: int, width: int) -> int:
    """Turn word hashes into shingle hashes in place; returns how many shingles there are."""
    if num_words == 0:
        return 0
    if num_words < width:
        width = num_words
    state = np.uint64(0)
    leading = np.uint64(1)
    for at in range(width):
        state = state * _BASE + hashes[at]
        if at:
            leading *= _BASE
    num_shingles = num_words - width + 1
    for at in range(num_shingles):
        first = hashes[at]
        hashes[at] = mix(state)
        if at + 1 < num_shingles:
            state = (state - first * leading) * _BASE + hashes[at + width]
    return num_shingles


def shingle_sets(texts: pa.Array, shingles: Shingles) -> list[UInt64s]:
    """The distinct 64-bit shingle hashes of each text, sorted.

    Args:
        texts: large_string[documents].
        shingles: What a text is a set of.
    """
    width = shingles.length
    offsets, data = text_offsets(texts), text_data(texts)
    classes, lower = character_classes(), lower_points()
    scratch = np.empty(max_words(offsets), np.uint64)
    sets = []
    for start, stop in itertools.pairwise(offsets):
        num_words = word_hashes(data, start, stop, classes, lower, scratch)
        sets.append(np.unique(scratch[: roll(scratch, num_words, width)]))
    return sets


def normalised_digests(texts: pa.Array) -> pa.Array:
    """fixed_size_binary(16)[documents]: xxh3-128 of each text's words; null without words."""
    offsets, data = text_offsets(texts), text_data(texts)
    classes, lower = character_classes(), lower_points()
    scratch = np.empty(max_words(offsets), np.uint64)
    digests = []
    for start, stop in itertools.pairwise(offsets):
        num_words = word_hashes(data, start, stop, classes, lower, scratch)
        digests.append(xxhash.xxh3_128_digest(scratch[:num_words].data) if num_words else None)
    return pa.array(digests, pa.binary(16))


def max_words(offsets: npt.NDArray[np.int64]) -> int:
    """No text between these offsets has more words than this."""
    longest = int(np.diff(offsets).max(initial=0))
    return longest // 2 + 1
