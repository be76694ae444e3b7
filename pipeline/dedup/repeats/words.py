"""A document as words, each with 128-bit hashes: of its bytes, and of its folded characters.

A **word** is a maximal run of code points that are not white space, but scripts without spaces
between words give each character, marks and all, as a word of its own: 50 words are about as much
text in Chinese or Thai as in English, and no cut runs through a character.

Of each word's two 64-bit hashes one is FNV-1a, one a polynomial in another odd base. At 128 bits,
10^13 different runs of words (60 TB of text) give an accidental match of two with a probability of
n^2 / 2^129 = 1.5e-13; no adversary is defended against.
"""

import unicodedata
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from haybale.quality.characters import (
    FNV_OFFSET,
    FNV_PRIME,
    SPACE,
    TABLE_SIZE,
    character_classes,
    decode,
    lower_points,
    mix,
)

Int64s = npt.NDArray[np.int64]

BASE, OTHER_BASE = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1342543DE82EF95)
_OTHER_OFFSET = np.uint64(0x2545F4914F6CDD1D)
_LONE, _MARK, _BLANK = 1, 2, 4
_SCRIPTS = (
    "CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "YI SYLLABLE", "THAI", "LAO", "KHMER", "MYANMAR",
    "TIBETAN", "JAVANESE", "TAI THAM", "NEW TAI LUE", "TAI LE",
)  # fmt: skip
"""Scripts whose words are not set apart by spaces: Unicode names of their letters begin so."""

EXACT, EXACT_OTHER, FOLDED, FOLDED_OTHER = range(4)
"""Which hash of a word."""


class Scratch:
    """Room for the words of one document.

    Attributes:
        places: int64[2, words]: first byte of each word, and the byte behind its last.
        flags: uint8[2, words]: newlines before each word, 0, 1 or 2 for more; whether it is a
            character on its own.
        hashes: uint64[5, words]: EXACT to FOLDED_OTHER, and room for more. FOLDED is 0 where
            nothing of the word is left.
    """

    def __init__(self, offsets: Int64s) -> None:
        # A word takes two bytes: a character and a space, or half of a lone character and a letter.
        size = int(np.diff(offsets).max(initial=0)) // 2 + 1
        self.places = np.empty((2, size), np.int64)
        self.flags = np.empty((2, size), np.uint8)
        self.hashes = np.empty((5, size), np.uint64)

    def __iter__(self) -> Any:
        """In the order in which kernels take them."""
        return iter((self.places, self.flags, self.hashes))


@cache
def word_kinds() -> npt.NDArray[np.uint8]:
    """What each code point below TABLE_SIZE is for words: bits _LONE, _MARK, _BLANK."""
    table = np.zeros(TABLE_SIZE, np.uint8)
    table[(character_classes() & SPACE) != 0] = _BLANK
    for point in range(0x0E00, TABLE_SIZE):
        char = chr(point)
        if unicodedata.category(char)[0] in "LN" and unicodedata.name(char, "").startswith(
            _SCRIPTS
        ):
            table[point] = _LONE
    for point in range(TABLE_SIZE):
        if unicodedata.category(chr(point)) in ("Mn", "Mc", "Me", "Cf"):
            table[point] = _MARK
    return table


@cache
def folding(match: str) -> npt.NDArray[np.int32]:
    """What each code point below TABLE_SIZE counts as where lines are compared; -1: as nothing.

    Args:
        match: As `BlockSettings.match`.
    """
    lower = lower_points()
    if match == "c4":
        return lower
    table = np.empty(TABLE_SIZE, np.int32)
    for point in range(TABLE_SIZE):
        char = chr(point)
        base = [c for c in unicodedata.normalize("NFD", char) if unicodedata.category(c) != "Mn"]
        single = ord(base[0]) if len(base) == 1 else -1 if not base else point
        category = unicodedata.category(char)
        table[point] = -1 if category[0] == "P" else ord("0") if category == "Nd" else single
    return np.where(table >= 0, lower[np.maximum(table, 0)], -1).astype(np.int32)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def split_words(
    data: Any,
    start: int,
    stop: int,
    kinds: Any,
    folds: Any,
    places: Any,
    flags: Any,
    hashes: Any,
) -> int:
    """Fill the scratch with the words of data[start:stop]; returns how many there are."""
    count, newlines = 0, 0
    inside, lone, left = False, False, False
    one, other = FNV_OFFSET, _OTHER_OFFSET
    folded, folded_other = FNV_OFFSET, _OTHER_OFFSET
    at = np.int64(start)
    while at <= stop:
        point, width, kind = np.int64(0x20), np.int64(1), np.uint8(_BLANK)
        if at < stop:
            point, width = decode(data, at)
            kind = kinds[point] if point < TABLE_SIZE else np.uint8(0)
        if inside and (kind & (_BLANK | _LONE) or (lone and not kind & _MARK)):
            places[1, count] = at
            flags[1, count] = lone
            hashes[0, count], hashes[1, count] = mix(one), mix(other)
            hashes[2, count] = mix(folded) if left else np.uint64(0)
            hashes[3, count] = mix(folded_other) if left else np.uint64(0)
            count += 1
            inside = False
        if kind & _BLANK:
            newlines += point == 0x0A
        else:
            if not inside:
                places[0, count] = at
                flags[0, count] = min(newlines, 2)
                newlines = 0
                inside, lone, left = True, (kind & _LONE) != 0, False
                one, other = FNV_OFFSET, _OTHER_OFFSET
                folded, folded_other = FNV_OFFSET, _OTHER_OFFSET
            for byte in range(at, at + width):
                one = (one ^ np.uint64(data[byte])) * FNV_PRIME
                other = (other + np.uint64(data[byte])) * OTHER_BASE
            fold = np.int64(folds[point]) if point < TABLE_SIZE else point
            if fold >= 0:
                left = True
                folded = (folded ^ np.uint64(fold)) * FNV_PRIME
                folded_other = (folded_other + np.uint64(fold)) * OTHER_BASE
        at += width
    return count
