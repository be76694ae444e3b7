"""Where repeats may stand in a block: each line, paragraph or window whose anchor is shared."""

from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit

from haybale.corpus.digests import UInt64s
from haybale.corpus.documents import text_data, text_offsets
from haybale.pipeline.dedup.repeats.anchors import (
    has_key,
    next_block,
    roll_grams,
    smallest_gram,
)
from haybale.pipeline.dedup.repeats.order import order_by_key, runs_of_keys
from haybale.pipeline.dedup.repeats.rows import OCCURRENCE, SHARED
from haybale.pipeline.dedup.repeats.settings import LINE, PARAGRAPH, SPAN, RepeatsSettings
from haybale.pipeline.dedup.repeats.words import (
    BASE,
    EXACT,
    EXACT_OTHER,
    OTHER_BASE,
    Scratch,
    folding,
    split_words,
    word_kinds,
)
from haybale.pipeline.shuffle import Rows, take_rows
from haybale.quality.characters import mix


def find_occurrences(
    texts: pa.Array, ids: UInt64s, live: UInt64s, settings: RepeatsSettings
) -> Rows:
    """Where repeats may stand in a block of documents.

    Args:
        texts: large_string[documents].
        ids: uint64[documents, 2]: their ids.
        live: Sorted anchors of the block that occur more than once in the corpus.
        settings: What is looked for.

    Returns:
        OCCURRENCE, sorted by key, then by id and position.
    """
    offsets, data = text_offsets(texts), text_data(texts)
    if len(live) == 0:
        return np.empty(0, OCCURRENCE)
    scratch = Scratch(offsets)
    # In order of id, so that sorting by key alone puts the first occurrence of each first.
    order = np.lexsort((ids[:, 1], ids[:, 0]))
    tables = (word_kinds(), folding(settings.match))
    arguments = (data, offsets, order, *tables, settings.lengths, live)
    size = 1024 + int(offsets[-1] - offsets[0]) // 32
    while True:
        keys, places = np.empty((2, size), np.uint64), np.empty((3, size), np.uint32)
        found = _find_occurrences(*arguments, *scratch, keys, places)
        if found <= size:
            break
        size = found
    rows = np.zeros(found, OCCURRENCE)
    rows["key"] = keys[:, :found].T
    for place, name in zip(places, ("row", "position", "kind"), strict=True):
        rows[name] = place[:found]
    return take_rows(rows, order_by_key(rows["key"], stable=True))


def shared_keys(occurrences: Rows, ids: UInt64s, block: int) -> Rows:
    """SHARED: what a block tells the others of each key that it has.

    Args:
        occurrences: OCCURRENCE, as `find_occurrences` gives them.
        ids: uint64[documents, 2].
        block: Its number.
    """
    starts, places = runs_of_keys(occurrences["key"])
    first = take_rows(occurrences, starts)
    shared = np.empty(len(starts), SHARED)
    shared["key"], shared["kind"] = first["key"], first["kind"]
    shared["id"] = ids[first["row"]]
    shared["block"] = block
    shared["count"] = np.where(first["kind"] == SPAN, places, documents_of(occurrences, starts))
    return shared


def documents_of(occurrences: Rows, starts: Any) -> Any:
    """int64[keys]: in how many documents each key occurs, given where its occurrences begin."""
    if len(starts) == 0:
        return np.empty(0, np.int64)
    new = np.ones(len(occurrences), np.int64)
    new[1:] = occurrences["row"][1:] != occurrences["row"][:-1]
    new[starts] = 1
    return np.add.reduceat(new, starts)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _find_occurrences(
    data: Any,
    offsets: Any,
    order: Any,
    kinds: Any,
    folds: Any,
    lengths: Any,
    live: Any,
    places: Any,
    flags: Any,
    hashes: Any,
    keys: Any,
    out: Any,
) -> int:
    found = 0
    span = lengths[SPAN - 1]
    width = (span + 1) // 2
    leading, other_leading = np.uint64(1), np.uint64(1)
    for _ in range(span - 1):
        leading *= BASE
        other_leading *= OTHER_BASE
    for row in order:
        count = split_words(
            data, offsets[row], offsets[row + 1], kinds, folds, places, flags, hashes
        )
        for level in (LINE, PARAGRAPH):
            at = 0
            while lengths[level - 1] and at < count:
                first = at
                at, length, key, other = next_block(count, at, level, flags, hashes)
                if length >= lengths[level - 1] and has_key(live, key):
                    if found < keys.shape[1]:
                        keys[0, found], keys[1, found] = key, other
                        out[0, found], out[1, found], out[2, found] = row, first, level
                    found += 1
        if not span or count < span:
            continue
        grams = hashes[4]
        roll_grams(count, width, hashes, grams)
        one, other = np.uint64(0), np.uint64(0)
        for at in range(span):
            one = one * BASE + hashes[EXACT, at]
            other = other * OTHER_BASE + hashes[EXACT_OTHER, at]
        best, before, lives = -1, -1, False
        for first in range(count - span + 1):
            best = smallest_gram(grams, first, first + span - width, best)
            if best != before:
                lives = has_key(live, grams[best])
                before = best
            if lives:
                if found < keys.shape[1]:
                    keys[0, found], keys[1, found] = mix(one + np.uint64(SPAN)), mix(other)
                    out[0, found], out[1, found], out[2, found] = row, first, SPAN
                found += 1
            if first + span < count:
                one = (one - hashes[EXACT, first] * leading) * BASE + hashes[EXACT, first + span]
                other = (other - hashes[EXACT_OTHER, first] * other_leading) * OTHER_BASE + hashes[
                    EXACT_OTHER, first + span
                ]
    return found
