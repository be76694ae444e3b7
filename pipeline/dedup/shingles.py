"""Documents to sets of hashed shingles: runs of so many words, or so many characters.

Both are taken from the normal form (`normal_form`): words, lower-cased, without punctuation, one
space between two. A word shingle is a run of n words (Gopher: 13; FineWeb and RefinedWeb: 5). A
character shingle is a run of n code points of the normal form, spaces included (SlimPajama: 13). A
text of fewer is one shingle, so that short documents are duplicates exactly if their normal forms
are equal; a document without words has no shingles and is never a near-duplicate.

A word's hash starts from its length in bytes and takes in eight bytes of UTF-8 at a time, little
end first, the last ones filled up with zeros: hash = mix64(hash ^ bytes). A character's is its code
point and 1. A shingle's is the polynomial sum(hash[i] * BASE^(n-1-i)) mod 2^64, finished with
`mix64`. Rolling it costs the same for any n.
"""

import itertools
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit, types

from haybale.corpus.documents import text_data, text_offsets
from haybale.corpus.errors import RecipeError
from haybale.pipeline.dedup.normal_form import (
    NORMAL,
    TABLES,
    WORDS,
    normal_room,
    normalise,
    tables,
    word_room,
)
from haybale.quality.characters import BYTES, decode, mix

UInt64s = npt.NDArray[np.uint64]

MAX_LENGTH = 1000
_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying by it loses nothing
_FULL = np.uint64(0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True)
class Shingles:
    """What a document is compared by.

    Attributes:
        kind: Runs of words, or of characters.
        length: How many of them.
    """

    kind: Literal["words", "characters"] = "words"
    length: int = 13

    def __post_init__(self) -> None:
        if self.kind not in ("words", "characters"):
            raise RecipeError(f"shingles: expected words or characters, found {self.kind!r}")
        if not 1 <= self.length <= MAX_LENGTH:
            raise RecipeError(
                f"shingles: expected a length of 1 to {MAX_LENGTH}, found {self.length}"
            )


class Scratch(NamedTuple):
    """Memory for one text at a time.

    Attributes:
        normal: uint8[...]: its normal form.
        groups: uint64[...]: the same bytes, eight at a time.
        hashes: uint64[...]: of words or characters, then of shingles.
    """

    normal: npt.NDArray[np.uint8]
    groups: UInt64s
    hashes: UInt64s

    @classmethod
    def for_texts(cls, offsets: npt.NDArray[np.int64], shingles: Shingles) -> "Scratch":
        """Enough for the longest of these texts."""
        longest = int(np.diff(offsets).max(initial=0))
        normal = np.zeros(normal_room(longest), np.uint8)
        # A code point does not become two, so a text has no more characters than bytes.
        room = word_room(longest) if shingles.kind == "words" else longest + 2
        return cls(normal, normal.view(np.uint64), np.empty(room, np.uint64))


SCRATCH = types.NamedTuple((NORMAL, WORDS, WORDS), Scratch)


@njit(inline="always")  # type: ignore[untyped-decorator]
def _eight_bytes(groups: Any, at: Any) -> Any:
    """The eight bytes from a place on, whether or not it is a multiple of eight."""
    place, shift = at >> np.uint64(3), (at & np.uint64(7)) << np.uint64(3)
    above = groups[place + np.uint64(1)] << np.uint64(1) << (np.uint64(63) - shift)
    return (groups[place] >> shift) | above


@njit(types.void(WORDS, WORDS, types.int64), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _hash_words(groups: Any, hashes: Any, num_words: int) -> None:
    """Turn the places where words end into the words' hashes."""
    start, eight = np.uint64(0), np.uint64(8)
    for word in range(num_words):
        stop = hashes[word]
        left = stop - start
        state = left * _BASE
        while left > eight:
            state = mix(state ^ _eight_bytes(groups, start))
            start += eight
            left -= eight
        unused = (eight - left) << np.uint64(3)
        hashes[word] = mix(state ^ (_eight_bytes(groups, start) & (_FULL >> unused)))
        start = stop + np.uint64(1)


@njit(types.int64(NORMAL, types.int64, WORDS), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _hash_characters(normal: Any, length: int, hashes: Any) -> int:
    """Code points and 1; returns how many there are."""
    at, num_characters = np.int64(0), 0
    while at < length:
        point, width = decode(normal, at)
        hashes[num_characters] = np.uint64(point + 1)
        num_characters += 1
        at += width
    return num_characters


@njit(types.int64(WORDS, types.int64, types.int64), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _roll(hashes: Any, count: int, length: int) -> int:
    """Turn hashes of words or characters into those of shingles; returns how many there are."""
    if count < length:
        length = count
    if count == 0:
        return 0
    state, leading = np.uint64(0), np.uint64(1)
    for at in range(length):
        state = state * _BASE + hashes[at]
        leading *= _BASE
    num_shingles = count - length + 1
    for at in range(num_shingles - 1):
        first = hashes[at]
        hashes[at] = mix(state)
        state = state * _BASE + (hashes[at + length] - first * leading)
    hashes[num_shingles - 1] = mix(state)
    return num_shingles


@njit(  # type: ignore[untyped-decorator]
    types.int64(BYTES, types.int64, types.int64, TABLES, types.boolean, types.int64, SCRATCH),
    cache=True,
    nogil=True,
)
def hash_shingles(
    data: Any, start: int, stop: int, tables: Any, words: bool, length: int, scratch: Any
) -> int:
    """Hashes of the shingles of data[start:stop] into `scratch.hashes`, as they come.

    Args:
        data: UTF-8.
        start: First byte.
        stop: Behind the last byte.
        tables: From `normal_form.tables`.
        words: Whether shingles are of words.
        length: Of a shingle.
        scratch: From `Scratch.for_texts`.

    Returns:
        How many there are, repeats counted.
    """
    num_bytes, count = normalise(data, start, stop, tables, scratch.normal, scratch.hashes)
    if words:
        _hash_words(scratch.groups, scratch.hashes, count)
    else:
        count = _hash_characters(scratch.normal, num_bytes, scratch.hashes)
    num_shingles: int = _roll(scratch.hashes, count, length)
    return num_shingles


def shingle_sets(texts: pa.Array, shingles: Shingles) -> list[UInt64s]:
    """The distinct 64-bit shingle hashes of each text, sorted.

    Args:
        texts: large_string[documents].
        shingles: What is compared.
    """
    offsets, data = text_offsets(texts), text_data(texts)
    scratch = Scratch.for_texts(offsets, shingles)
    words, length, known = shingles.kind == "words", shingles.length, tables()
    sets = []
    for start, stop in itertools.pairwise(offsets.tolist()):
        count = hash_shingles(data, start, stop, known, words, length, scratch)
        sets.append(np.unique(scratch.hashes[:count]))
    return sets
