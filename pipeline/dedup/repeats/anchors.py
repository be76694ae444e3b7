"""Anchors: 64-bit keys by which it is found out cheaply where repeats may stand.

A line or paragraph is its own anchor. For spans of t words, every run of k = (t + 1) // 2 words has
a hash, and each window of t words is anchored at the smallest hash of the t - k + 1 runs in it (the
last of equal ones): winnowing (Schleimer, Wilkerson and Aiken 2003, SIGMOD, section 3). Equal
windows have equal anchors, so a window that occurs twice has an anchor that does; and neighbours
mostly share theirs, so there are about 2 / (t - k + 2) anchors a word: 0.074 for 50 words.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit

from haybale.corpus.documents import text_data, text_offsets
from haybale.pipeline.dedup.repeats.rows import ANCHOR
from haybale.pipeline.dedup.repeats.settings import LINE, PARAGRAPH, SPAN, RepeatsSettings
from haybale.pipeline.dedup.repeats.words import (
    BASE,
    FOLDED,
    FOLDED_OTHER,
    OTHER_BASE,
    Scratch,
    folding,
    split_words,
    word_kinds,
)
from haybale.pipeline.shuffle import Rows
from haybale.quality.characters import mix

_SALT = np.uint64(0xA0761D6478BD642F)


def find_anchors(texts: pa.Array, block: int, settings: RepeatsSettings) -> Rows:
    """The anchors of a block of documents.

    Args:
        texts: large_string[documents].
        block: Its number.
        settings: What is looked for.

    Returns:
        ANCHOR, sorted by key.
    """
    offsets, data = text_offsets(texts), text_data(texts)
    scratch = Scratch(offsets)
    # Rarely are there more; then the kernel says how many, and is asked again.
    out = np.empty(1024 + int(offsets[-1] - offsets[0]) // 32, np.uint64)
    while True:
        found = _find_anchors(
            data, offsets, word_kinds(), folding(settings.match), settings.lengths, *scratch, out
        )
        if found <= len(out):
            break
        out = np.empty(found, np.uint64)
    keys = np.sort(out[:found])
    # Two of a key tell as much as more.
    third = np.zeros(len(keys), np.bool_)
    third[2:] = keys[2:] == keys[:-2]
    keys = keys[~third]
    anchors = np.empty(len(keys), ANCHOR)
    anchors["key"], anchors["block"] = keys, block
    return anchors


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def next_block(count: int, first: int, level: int, flags: Any, hashes: Any) -> Any:
    """The line (level 1) or paragraph (level 2) that begins at a word.

    Returns:
        The word behind it, how many of its words have something left once folded, and its key.
    """
    key, other = np.uint64(0), np.uint64(0)
    length = 0
    at = first
    while at < count and (at == first or flags[0, at] < level):
        if hashes[FOLDED, at] or hashes[FOLDED_OTHER, at]:
            key = key * BASE + hashes[FOLDED, at]
            other = other * OTHER_BASE + hashes[FOLDED_OTHER, at]
            length += 1
        at += 1
    return at, length, mix(key + np.uint64(level) * _SALT), mix(other ^ np.uint64(length))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def roll_grams(count: int, width: int, hashes: Any, grams: Any) -> int:
    """Keys of all runs of `width` words, from their EXACT hashes; returns how many there are."""
    if count < width:
        return 0
    leading = np.uint64(1)
    state = np.uint64(0)
    for at in range(width):
        state = state * BASE + hashes[0, at]
        if at:
            leading *= BASE
    for at in range(count - width + 1):
        grams[at] = mix(state + np.uint64(SPAN) * _SALT)
        if at + width < count:
            state = (state - hashes[0, at] * leading) * BASE + hashes[0, at + width]
    return count - width + 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def smallest_gram(grams: Any, first: int, last: int, best: int) -> int:
    """Place of the last smallest of grams[first:last + 1], given that of the window before."""
    if best < first:
        best = first
        for at in range(first + 1, last + 1):
            if grams[at] <= grams[best]:
                best = at
    elif grams[last] <= grams[best]:
        best = last
    return best


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _find_anchors(
    data: Any,
    offsets: Any,
    kinds: Any,
    folds: Any,
    lengths: Any,
    places: Any,
    flags: Any,
    hashes: Any,
    out: Any,
) -> int:
    found = 0
    span = lengths[SPAN - 1]
    width = (span + 1) // 2
    for row in range(len(offsets) - 1):
        count = split_words(
            data, offsets[row], offsets[row + 1], kinds, folds, places, flags, hashes
        )
        for level in (LINE, PARAGRAPH):
            at = 0
            while lengths[level - 1] and at < count:
                at, length, key, _ = next_block(count, at, level, flags, hashes)
                if length >= lengths[level - 1]:
                    if found < len(out):
                        out[found] = key
                    found += 1
        if span and count >= span:
            grams = hashes[4]
            roll_grams(count, width, hashes, grams)
            best, before = -1, -1
            for first in range(count - span + 1):
                best = smallest_gram(grams, first, first + span - width, best)
                if best != before:
                    if found < len(out):
                        out[found] = grams[best]
                    found += 1
                    before = best
    return found


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def has_key(keys: Any, key: Any) -> bool:
    """Whether a key is among sorted ones."""
    low, high = 0, len(keys)
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low < len(keys) and keys[low] == key
