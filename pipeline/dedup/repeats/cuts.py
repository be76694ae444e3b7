"""From occurrences that go to spans of bytes: whole words, and one of the gaps around them.

A run of words that go leaves the gap (white space) that stood before it or the one behind it,
whichever has more newlines, and of equals the one behind: so a line goes with its own newline and
indentation, a paragraph with its blank line, and what follows keeps its place. Between words of
scripts with spaces that stood apart only by what went, a space is put.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from haybale.corpus.documents import text_data, text_offsets
from haybale.corpus.edits import EDITS
from haybale.pipeline.dedup.repeats.settings import (
    RULES,
    SPAN,
    RepeatsSettings,
)
from haybale.pipeline.dedup.repeats.words import Scratch, folding, split_words, word_kinds
from haybale.pipeline.shuffle import Rows, take_rows


class Cuts(NamedTuple):
    """What goes of a block.

    Attributes:
        edits: Schema EDITS; rows of the block.
        num_words: int64[documents]: words of each that lost something; -1 for the others.
        num_left: int64[documents]: words left of these; -1 for the others.
    """

    edits: pa.RecordBatch
    num_words: npt.NDArray[np.int64]
    num_left: npt.NDArray[np.int64]


def cut_words(texts: pa.Array, lost: Rows, settings: RepeatsSettings) -> Cuts:
    """Cut the lost occurrences out of a block.

    Args:
        texts: large_string[documents].
        lost: OCCURRENCE that go, in any order.
        settings: What is looked for.
    """
    offsets, data = text_offsets(texts), text_data(texts)
    # By row, and of a row kinds from the last to the first: each marks over those before it. A
    # block has fewer than 2^30 rows.
    kinds = np.uint64(SPAN) - lost["kind"]
    places = (lost["row"].astype(np.uint64) << np.uint64(2) | kinds) << np.uint64(32)
    lost = take_rows(lost, np.argsort(places | lost["position"]))
    edges = np.searchsorted(lost["row"], np.arange(len(texts) + 1))
    scratch = Scratch(offsets)
    words = np.full((2, len(texts)), -1, np.int64)
    # A run of words that go begins or ends where an occurrence does, and so does each kind's share.
    spans = np.empty((5, 2 * len(lost) + 1), np.int64)
    found = _cut(
        data,
        offsets,
        word_kinds(),
        folding(settings.match),
        settings.lengths[SPAN - 1],
        edges,
        lost["position"].astype(np.int64),
        lost["kind"].astype(np.int64),
        *scratch,
        words,
        spans,
    )
    rows, starts, stops, kinds, spaced = spans[:, :found]
    columns = [
        pa.array(rows),
        pa.array(starts - offsets[rows]),
        pa.array(stops - offsets[rows]),
        pa.array(["", " "]).take(pa.array(spaced)),
        pa.array(RULES).take(pa.array(kinds)),
    ]
    return Cuts(pa.RecordBatch.from_arrays(columns, schema=EDITS), words[0], words[1])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _mark(count: int, span: int, positions: Any, kinds: Any, flags: Any, marks: Any) -> int:
    """Write the kind that cuts each word into marks, 0 for none; returns how many words stay."""
    marks[:count] = 0
    marked = 0
    for at in range(len(positions)):
        first, kind = positions[at], kinds[at]
        if kind == SPAN:
            for word in range(max(first, marked), first + span):
                marks[word] = kind
            marked = first + span
        else:
            word = first
            while word < count and (word == first or flags[0, word] < kind):
                marks[word] = kind
                word += 1
    left = 0
    for word in range(count):
        left += marks[word] == 0
    return left


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _bounds(
    data: Any,
    begin: int,
    end: int,
    count: int,
    first: int,
    last: int,
    places: Any,
    flags: Any,
) -> Any:
    """The bytes of a text that go with words [first, last), and whether a space replaces them."""
    if last == count:
        return (
            (begin, end, False)
            if first == 0
            else (places[1, first - 1], places[1, count - 1], False)
        )
    gap_start, gap_stop = places[1, last - 1], places[0, last]
    if first == 0:
        if flags[0, last] == 0:
            return begin, gap_stop, False
        at = gap_stop
        while data[at - 1] != 0x0A:
            at -= 1
        return begin, at, False
    before = places[0, first] - places[1, first - 1]
    if before == 0 and gap_start == gap_stop:
        merges = not flags[1, first - 1] and not flags[1, last]
        return places[0, first], gap_stop, merges
    keeps_behind = flags[0, last] >= flags[0, first] and gap_start < gap_stop
    if keeps_behind:
        return places[1, first - 1], gap_start, False
    return places[0, first], gap_stop, False


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _cut(
    data: Any,
    offsets: Any,
    word_kinds: Any,
    folds: Any,
    span: int,
    edges: Any,
    positions: Any,
    kinds: Any,
    places: Any,
    flags: Any,
    hashes: Any,
    words: Any,
    out: Any,
) -> int:
    found = 0
    for row in range(len(offsets) - 1):
        low, high = edges[row], edges[row + 1]
        if low == high:
            continue
        count = split_words(
            data, offsets[row], offsets[row + 1], word_kinds, folds, places, flags, hashes
        )
        marks = hashes[4]
        words[0, row] = count
        words[1, row] = _mark(count, span, positions[low:high], kinds[low:high], flags, marks)
        at = 0
        while at < count:
            if marks[at] == 0:
                at += 1
                continue
            first = at
            while at < count and marks[at]:
                at += 1
            start, stop, merges = _bounds(
                data, offsets[row], offsets[row + 1], count, first, at, places, flags
            )
            for word in range(first + 1, at + 1):
                # One rule's share of the run ends here.
                if word == at or marks[word] != marks[word - 1]:
                    end = stop if word == at else places[0, word]
                    out[0, found], out[1, found], out[2, found] = row, start, end
                    out[3, found] = marks[word - 1]
                    out[4, found] = merges and word == at
                    found += 1
                    start = end
    return found
