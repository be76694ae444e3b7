"""Gopher's eight quality rules (Rae et al. 2021, arXiv 2112.11446, appendix A.1.1).

The paper leaves open what a word is, whether stop words are counted or distinct, and which bullets
there are; what is chosen here, and why, is said at each rule.
"""

from typing import Any

import numpy as np
from numba import njit

from haybale.quality.rules.rule import Measure, rule
from haybale.quality.text import TextBatch, sum_runs

SOURCE = "Rae et al. 2021, arXiv 2112.11446, appendix A.1.1, quality filtering"
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
BULLETS = ("•", "‣", "●", "◦", "⁃", "*", "-")
"""The signs that begin list items in text made from HTML and Markdown."""


def _one(batch: TextBatch) -> Any:
    return np.ones(batch.num_rows, np.int64)


@rule("gopher/word_count@1", unit="words", source=SOURCE, minimum="50", maximum="100000")
def word_count(batch: TextBatch) -> Measure:
    """Words, those of punctuation alone included: a text of dashes is dropped elsewhere."""
    return Measure(batch.num_words, _one(batch))


@rule(
    "gopher/mean_word_length@1",
    unit="characters per word",
    source=SOURCE,
    minimum="3",
    maximum="10",
)
def mean_word_length(batch: TextBatch) -> Measure:
    """Mean code points of a word: the paper says mean (some implementations take the median)."""
    return Measure(batch.num_characters, batch.num_words)


@rule("gopher/hash_to_word_ratio@1", unit="signs per word", source=SOURCE, maximum="0.1")
def hash_to_word_ratio(batch: TextBatch) -> Measure:
    """Number signs per word. The paper asks a ratio of either symbol: each is tested alone."""
    return Measure(_count_symbols(batch.data, batch.offsets)[:, 0], batch.num_words)


@rule("gopher/ellipsis_to_word_ratio@1", unit="signs per word", source=SOURCE, maximum="0.1")
def ellipsis_to_word_ratio(batch: TextBatch) -> Measure:
    """Ellipses per word: U+2026, or three full stops, not overlapping."""
    return Measure(_count_symbols(batch.data, batch.offsets)[:, 1], batch.num_words)


@rule("gopher/bullet_line_fraction@1", unit="of lines", source=SOURCE, maximum="0.9")
def bullet_line_fraction(batch: TextBatch) -> Measure:
    """Share of lines whose first sign is a bullet (BULLETS), indentation left out."""
    first_words = batch.line_words[:-1]
    starts = batch.word_starts[first_words]
    return Measure(_count_lines(batch, _starts_with(batch.data, starts, _SIGNS)), batch.num_lines)


@rule("gopher/ellipsis_line_fraction@1", unit="of lines", source=SOURCE, maximum="0.3")
def ellipsis_line_fraction(batch: TextBatch) -> Measure:
    """Share of lines that end with an ellipsis: U+2026 or three full stops."""
    stops = batch.word_stops[batch.line_words[1:] - 1]
    ends = _ends_with_ellipsis(batch.data, stops, batch.word_starts[batch.line_words[1:] - 1])
    return Measure(_count_lines(batch, ends), batch.num_lines)


@rule("gopher/alphabetic_word_fraction@1", unit="of words", source=SOURCE, minimum="0.8")
def alphabetic_word_fraction(batch: TextBatch) -> Measure:
    """Share of words with at least one alphabetic code point (`str.isalpha`, in any script)."""
    return Measure(sum_runs(batch.word_is_alphabetic, batch.words), batch.num_words)


@rule("gopher/stop_words@1", unit="distinct words", source=SOURCE, minimum="2", languages=("en",))
def stop_words(batch: TextBatch) -> Measure:
    """How many of the eight English stop words occur: "at least two of" them, so distinct ones.

    Words are compared with ASCII case folded and ASCII punctuation around them left out, so that
    "The" and "that," count. The words are English, and so the rule asks nothing of other languages.
    """
    found = _distinct_words(batch.data, batch.word_starts, batch.word_stops, batch.words, _WORDS)
    return Measure(found, _one(batch))


def _padded(words: tuple[str, ...]) -> Any:
    """uint8[words, 8]: UTF-8, padded with zeros."""
    encoded = [word.encode().ljust(8, b"\0") for word in words]
    return np.frombuffer(b"".join(encoded), np.uint8).reshape(-1, 8)


_SIGNS, _WORDS = _padded(BULLETS), _padded(STOP_WORDS)


def _count_lines(batch: TextBatch, chosen: Any) -> Any:
    return sum_runs(chosen, batch.lines)


@njit(inline="always")  # type: ignore[untyped-decorator]
def _is_ellipsis(first: int, second: int, third: int) -> bool:
    """Three full stops, or the UTF-8 of U+2026."""
    if first == 0x2E:
        return second == 0x2E and third == 0x2E
    return first == 0xE2 and second == 0x80 and third == 0xA6


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count_symbols(data: Any, offsets: Any) -> Any:
    """int64[rows, 2]: number signs and ellipses."""
    out = np.zeros((len(offsets) - 1, 2), np.int64)
    for row in range(len(out)):
        at, stop = offsets[row], offsets[row + 1]
        while at < stop:
            byte = data[at]
            if byte == 0x23:
                out[row, 0] += 1
            elif at + 2 < stop and _is_ellipsis(byte, data[at + 1], data[at + 2]):
                out[row, 1] += 1
                at += 2
            at += 1
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _starts_with(data: Any, starts: Any, signs: Any) -> Any:
    """bool[lines]: whether one of the signs stands at each start."""
    out = np.zeros(len(starts), np.bool_)
    for line in range(len(starts)):
        for sign in range(len(signs)):
            same = True
            for at in range(8):
                if signs[sign, at] == 0:
                    break
                if starts[line] + at >= len(data) or data[starts[line] + at] != signs[sign, at]:
                    same = False
                    break
            if same:
                out[line] = True
                break
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ends_with_ellipsis(data: Any, stops: Any, word_starts: Any) -> Any:
    """bool[lines]: whether the last word, which may be longer, ends with an ellipsis."""
    out = np.zeros(len(stops), np.bool_)
    for line in range(len(stops)):
        stop = stops[line]
        if stop - word_starts[line] < 3:
            continue
        out[line] = _is_ellipsis(data[stop - 3], data[stop - 2], data[stop - 1])
    return out


@njit(inline="always")  # type: ignore[untyped-decorator]
def _is_ascii_punctuation(byte: int) -> bool:
    return (
        (0x21 <= byte <= 0x2F)
        or (0x3A <= byte <= 0x40)
        or (0x5B <= byte <= 0x60)
        or (0x7B <= byte <= 0x7E)
    )


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _distinct_words(data: Any, starts: Any, stops: Any, edges: Any, wanted: Any) -> Any:
    """int64[rows]: how many of the wanted words (at most 64) occur in each text."""
    out = np.zeros(len(edges) - 1, np.int64)
    for row in range(len(out)):
        seen = np.uint64(0)
        for word in range(edges[row], edges[row + 1]):
            start, stop = starts[word], stops[word]
            while start < stop and _is_ascii_punctuation(data[start]):
                start += 1
            while start < stop and _is_ascii_punctuation(data[stop - 1]):
                stop -= 1
            if stop - start > 8 or start == stop:
                continue
            for which in range(len(wanted)):
                same = True
                for at in range(8):
                    byte = data[start + at] if start + at < stop else np.uint8(0)
                    if 0x41 <= byte <= 0x5A:
                        byte = np.uint8(byte + 0x20)
                    if byte != wanted[which, at]:
                        same = False
                        break
                if same:
                    bit = np.uint64(1) << np.uint64(which)
                    if not seen & bit:
                        seen |= bit
                        out[row] += 1
                    break
    return out
