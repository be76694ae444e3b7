"""N-grams of words: an index of those of evaluation items, and where they stand in documents.

A word is a run between white space, or one character in scripts without spaces between words
(`haybale.pipeline.dedup.repeats.words`). Case is folded and punctuation (Unicode categories P and
S) does not count. What it does to words is read in both ways, since whoever copied an item may have
taken punctuation out or put spaces in its place: it `vanishes` ("half-time" is one word), or it
`separates` ("half-time" is two).

An n-gram's key is the polynomial sum(word[i] * BASE^(n-1-i)) mod 2^64 of its words' FNV-1a hashes
and its length, finished with `mix64`. An accidental match needs two of 2^64 keys to be the same: of
10^13 n-grams looked up in an index of 10^6, 0.5 are expected.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from haybale.corpus.digests import UInt64s
from haybale.corpus.documents import text_data, text_offsets
from haybale.pipeline.dedup.repeats.words import (
    BASE,
    FOLDED,
    Scratch,
    split_words,
    word_kinds,
)
from haybale.quality.characters import PUNCTUATION, SPACE, character_classes, lower_points, mix

Int64s = npt.NDArray[np.int64]

Reading = Literal["vanishes", "separates"]
READINGS: tuple[Reading, ...] = ("vanishes", "separates")

HIT = np.dtype([("row", "i8"), ("entry", "i4"), ("word", "i4"), ("start", "i8"), ("stop", "i8")])
"""An n-gram of the index in a document: the document's row, the n-gram's place in the index, its
first word, its first byte and the byte behind its last."""

_FILTER_BITS = 6  # 64 bits for each n-gram: of others, one in 64 goes past the filter


@cache
def _tables(reading: Reading) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """What code points are for words, and what they count as; -1: as nothing."""
    is_punctuation = (character_classes() & PUNCTUATION) > 0
    kinds, folds = word_kinds().copy(), lower_points().copy()
    folds[is_punctuation] = -1
    if reading == "separates":
        blank = kinds[np.flatnonzero(character_classes() & SPACE)[0]]
        kinds[is_punctuation] = blank
    return kinds, folds


@dataclass(frozen=True)
class Words:
    """The words of a text that count.

    Attributes:
        hashes: uint64[words].
        starts: int64[words]: first byte of each.
        stops: int64[words]: the byte behind its last.
    """

    hashes: UInt64s
    starts: Int64s
    stops: Int64s


def words_of(text: str, reading: Reading) -> Words:
    """The words of one text, in one of the ways to read punctuation."""
    texts = pa.array([text], pa.large_string())
    offsets, data = text_offsets(texts), text_data(texts)
    scratch = Scratch(offsets)
    count = split_words(data, 0, int(offsets[1]), *_tables(reading), *scratch)
    hashes = scratch.hashes[FOLDED, :count]
    counts = hashes != 0
    starts, stops = (scratch.places[end, :count][counts] for end in (0, 1))
    return Words(hashes[counts], starts, stops)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def ngram_keys(hashes: Any, length: int) -> Any:
    """The keys of all n-grams of some words; hashes uint64[words], length at most as many."""
    count = len(hashes) - length + 1
    keys = np.empty(max(count, 0), np.uint64)
    state, leading = np.uint64(0), np.uint64(1)
    for _ in range(length):
        leading *= BASE
    for at in range(len(hashes)):
        state = state * BASE + hashes[at]
        if at >= length:
            state -= hashes[at - length] * leading
        if at >= length - 1:
            keys[at - length + 1] = mix(state + np.uint64(length))
    return keys


def num_distinct_ngrams(text: str, reading: Reading, length: int) -> int:
    """How many different n-grams a text has; one where it has fewer words, if any."""
    words = words_of(text, reading)
    if len(words.hashes) == 0:
        return 0
    return len(np.unique(ngram_keys(words.hashes, min(length, len(words.hashes)))))


@dataclass(frozen=True)
class NgramIndex:
    """The n-grams of evaluation items, read in one way.

    Attributes:
        reading: Which.
        keys: uint64[n-grams], sorted.
        lengths: int64[...]: how many words n-grams have, each length once.
    """

    reading: Reading
    keys: UInt64s
    lengths: Int64s

    @property
    def bits(self) -> npt.NDArray[np.uint8]:
        """A bit for each stretch of the keys' range that holds one: most n-grams end here."""
        shift = self.shift
        bits = np.zeros(1 << max(0, 61 - shift), np.uint8)
        places = self.keys >> np.uint64(shift)
        marks = np.uint8(1) << (places & np.uint64(7)).astype(np.uint8)
        np.bitwise_or.at(bits, (places >> np.uint64(3)).astype(np.int64), marks)
        return bits

    @property
    def shift(self) -> int:
        """A key's place among the bits is what is left of it after so many are shifted out."""
        return max(0, 64 - _FILTER_BITS - max(3, len(self.keys).bit_length()))


class Scanner:
    """Finds an index's n-grams in batches of texts."""

    def __init__(self, index: NgramIndex) -> None:
        self._index, self._bits, self._shift = index, index.bits, index.shift

    def scan(self, texts: pa.Array) -> npt.NDArray[np.void]:
        """Every place of an n-gram in texts, large_string[rows]; HIT, row by row."""
        offsets, data = text_offsets(texts), text_data(texts)
        scratch = Scratch(offsets)
        room = 1024
        while True:
            hits = np.empty(room, HIT)
            columns = [np.empty(room, np.int64) for _ in HIT.names or ()]
            found = _scan(
                data,
                offsets,
                *_tables(self._index.reading),
                *scratch,
                self._index.lengths,
                self._index.keys,
                self._bits,
                self._shift,
                *columns,
            )
            if found <= room:
                for name, column in zip(HIT.names or (), columns, strict=True):
                    hits[name] = column
                return hits[:found]
            room = found


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _scan(
    data: Any,
    offsets: Any,
    kinds: Any,
    folds: Any,
    places: Any,
    flags: Any,
    hashes: Any,
    lengths: Any,
    keys: Any,
    bits: Any,
    shift: int,
    rows: Any,
    entries: Any,
    words: Any,
    starts: Any,
    stops: Any,
) -> int:
    """Fills the columns as far as there is room; returns how many hits there are."""
    found = 0
    for row in range(len(offsets) - 1):
        start = offsets[row]
        total = split_words(data, start, offsets[row + 1], kinds, folds, places, flags, hashes)
        count = 0
        for word in range(total):  # words of nothing but punctuation are none
            if hashes[FOLDED, word]:
                hashes[FOLDED, count] = hashes[FOLDED, word]
                places[0, count], places[1, count] = places[0, word], places[1, word]
                count += 1
        for length in lengths:
            state, leading = np.uint64(0), np.uint64(1)
            for _ in range(length):
                leading *= BASE
            for at in range(count):
                state = state * BASE + hashes[FOLDED, at]
                if at >= length:
                    state -= hashes[FOLDED, at - length] * leading
                if at < length - 1:
                    continue
                key = mix(state + np.uint64(length))
                place = key >> np.uint64(shift)
                if not bits[np.int64(place >> np.uint64(3))] >> np.uint8(place & np.uint64(7)) & 1:
                    continue
                entry = np.searchsorted(keys, key)
                if entry == len(keys) or keys[entry] != key:
                    continue
                if found < len(rows):
                    rows[found], entries[found], words[found] = row, entry, at - length + 1
                    starts[found] = places[0, at - length + 1] - start
                    stops[found] = places[1, at] - start
                found += 1
    return found
