"""A batch of texts, split once into words, lines and paragraphs that all rules share.

A **word** is a maximal run of code points that are not white space (as `str.split` takes it). A
**line** is what stands between two newlines and holds a word; a **paragraph** is a run of lines
without a blank one between them. A **character** is a code point that is not white space, so words,
lines and paragraphs of a text have the same characters. Two lines or paragraphs are the same if
their words are: indentation and runs of spaces make no difference.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from haybale.corpus.documents import text_data, text_offsets
from haybale.quality.characters import ALPHABETIC, SPACE, character_classes, class_of, decode, mix
from haybale.quality.repetition import NGRAM_SIZES, ngram_characters, repeated

Int64s = npt.NDArray[np.int64]
UInt64s = npt.NDArray[np.uint64]

_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)


@dataclass(frozen=True)
class TextBatch:
    """The splits of a batch.

    Attributes:
        texts: large_string[rows].
        data: uint8[...]: the texts' bytes; positions below are in it.
        offsets: int64[rows + 1]: where each text begins.
        word_starts: int64[words]: first byte of each word.
        word_stops: int64[words]: byte behind each word.
        word_characters: int64[words]: code points of each word.
        word_hashes: uint64[words]: 64-bit hash of each word's bytes.
        word_is_alphabetic: bool[words]: whether any code point is alphabetic.
        words: int64[rows + 1]: which words are each text's.
        line_words: int64[lines + 1]: which words are each line's.
        lines: int64[rows + 1]: which lines are each text's.
        paragraph_lines: int64[paragraphs + 1]: which lines are each paragraph's.
        paragraphs: int64[rows + 1]: which paragraphs are each text's.
    """

    texts: pa.Array
    data: npt.NDArray[np.uint8]
    offsets: Int64s
    word_starts: Int64s
    word_stops: Int64s
    word_characters: Int64s
    word_hashes: UInt64s
    word_is_alphabetic: npt.NDArray[np.bool_]
    words: Int64s
    line_words: Int64s
    lines: Int64s
    paragraph_lines: Int64s
    paragraphs: Int64s

    @classmethod
    def split(cls, texts: pa.Array) -> "TextBatch":
        """Split a large_string array without nulls; slices are allowed."""
        offsets, data = text_offsets(texts), text_data(texts)
        num_rows = len(texts)
        # A word takes two bytes with the space behind it; pages never written cost no memory.
        limit = int(offsets[-1] - offsets[0]) // 2 + num_rows + 1
        numbers = [np.empty(limit, np.int64) for _ in range(3)]
        hashes, alphabetic = np.empty(limit, np.uint64), np.empty(limit, np.bool_)
        line_words, paragraph_lines = np.zeros(limit + 1, np.int64), np.zeros(limit + 1, np.int64)
        rows = [np.zeros(num_rows + 1, np.int64) for _ in range(3)]
        _split(
            data,
            offsets,
            character_classes(),
            *numbers,
            hashes,
            alphabetic,
            line_words,
            paragraph_lines,
            *rows,
        )
        words, lines, paragraphs = (int(row[-1]) for row in rows)
        starts, stops, characters = (number[:words] for number in numbers)
        return cls(
            texts=texts,
            data=data,
            offsets=offsets,
            word_starts=starts,
            word_stops=stops,
            word_characters=characters,
            word_hashes=hashes[:words],
            word_is_alphabetic=alphabetic[:words],
            words=rows[0],
            line_words=line_words[: lines + 1],
            lines=rows[1],
            paragraph_lines=paragraph_lines[: paragraphs + 1],
            paragraphs=rows[2],
        )

    @property
    def num_rows(self) -> int:
        """How many texts there are."""
        return len(self.texts)

    @cached_property
    def num_words(self) -> Int64s:
        """int64[rows]."""
        return np.diff(self.words)

    @cached_property
    def num_lines(self) -> Int64s:
        """int64[rows]."""
        return np.diff(self.lines)

    @cached_property
    def num_paragraphs(self) -> Int64s:
        """int64[rows]."""
        return np.diff(self.paragraphs)

    @cached_property
    def num_characters(self) -> Int64s:
        """int64[rows]: code points that are not white space."""
        return sum_runs(self.word_characters, self.words)

    @cached_property
    def repeated_lines(self) -> tuple[Int64s, Int64s]:
        """Lines that occur more than once in their text, every copy: their number, characters."""
        hashes = _hash_runs(self.word_hashes, self.line_words)
        return repeated(hashes, sum_runs(self.word_characters, self.line_words), self.lines)

    @cached_property
    def repeated_paragraphs(self) -> tuple[Int64s, Int64s]:
        """Paragraphs that occur more than once, every copy: their number, characters."""
        hashes = _hash_runs(_hash_runs(self.word_hashes, self.line_words), self.paragraph_lines)
        line_characters = sum_runs(self.word_characters, self.line_words)
        characters = sum_runs(line_characters, self.paragraph_lines)
        return repeated(hashes, characters, self.paragraphs)

    @cached_property
    def ngrams(self) -> dict[int, Int64s]:
        """Characters in repeated n-grams, by n: int64[rows].

        For 2 to 4 those of the most frequent n-gram, for 5 to 10 those of all that occur more than
        once; see `haybale.quality.repetition`.
        """
        found = ngram_characters(self.word_hashes, self.word_characters, self.words)
        return {size: found[:, at] for at, size in enumerate(NGRAM_SIZES)}


def sum_runs(values: npt.NDArray[Any], edges: Int64s) -> Int64s:
    """int64[runs]: the sum of values[edges[i]:edges[i + 1]]."""
    sums = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    return np.asarray(sums[edges[1:]] - sums[edges[:-1]])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _hash_runs(hashes: Any, edges: Any) -> Any:
    """One hash for each run of hashes."""
    out = np.empty(len(edges) - 1, np.uint64)
    for run in range(len(out)):
        state = _FNV_OFFSET
        for at in range(edges[run], edges[run + 1]):
            state = mix(state ^ hashes[at])
        out[run] = state
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _split(
    data: Any,
    offsets: Any,
    classes: Any,
    word_starts: Any,
    word_stops: Any,
    word_characters: Any,
    word_hashes: Any,
    word_is_alphabetic: Any,
    line_words: Any,
    paragraph_lines: Any,
    words: Any,
    lines: Any,
    paragraphs: Any,
) -> None:
    """Fill the arrays of TextBatch; edges are written behind each word, line and paragraph."""
    num_words = num_lines = num_paragraphs = np.int64(0)
    for row in range(len(offsets) - 1):
        at, stop = offsets[row], offsets[row + 1]
        blank_lines = 0  # newlines since the last word
        while at < stop:
            point, width = decode(data, at)
            if class_of(classes, point) & SPACE:
                if point == 0x0A:
                    if num_words > line_words[num_lines]:  # ends a line that holds a word
                        num_lines += 1
                        line_words[num_lines] = num_words
                    blank_lines += 1
                    if blank_lines == 2 and num_lines > paragraph_lines[num_paragraphs]:
                        num_paragraphs += 1
                        paragraph_lines[num_paragraphs] = num_lines
                at += width
                continue
            word_starts[num_words] = at
            state, characters, alphabetic = _FNV_OFFSET, 0, False
            while at < stop:
                point, width = decode(data, at)
                kind = class_of(classes, point)
                if kind & SPACE:
                    break
                alphabetic |= (kind & ALPHABETIC) != 0
                for byte in range(at, at + width):
                    state = (state ^ np.uint64(data[byte])) * _FNV_PRIME
                characters += 1
                at += width
            word_stops[num_words] = at
            word_characters[num_words] = characters
            word_hashes[num_words] = mix(state)
            word_is_alphabetic[num_words] = alphabetic
            num_words += 1
            blank_lines = 0
        if num_words > line_words[num_lines]:
            num_lines += 1
            line_words[num_lines] = num_words
        if num_lines > paragraph_lines[num_paragraphs]:
            num_paragraphs += 1
            paragraph_lines[num_paragraphs] = num_lines
        words[row + 1] = num_words
        lines[row + 1] = num_lines
        paragraphs[row + 1] = num_paragraphs
