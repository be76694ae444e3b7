"""Kernels of varied text: they mark words, and exchange them."""

import numba
import numpy as np

NEIGHBOURS = 0.25
"""How far the rank by frequency of a word and of the one it is exchanged for may be apart."""


@numba.njit(cache=True)
def mark_words(data: np.ndarray, shown: np.ndarray, edges: np.ndarray) -> tuple:
    """First bytes of words, and the bytes behind them; a word is what no white space divides."""
    count = 0
    for fill in range(2):
        if fill:
            starts, stops = np.empty(count, np.int64), np.empty(count, np.int64)
        count = 0
        for document in range(len(edges) - 1):
            at, stop = edges[document], edges[document + 1]
            while at < stop:
                while at < stop and (data[at] <= 0x20 or not shown[at]):
                    at += 1
                first = at
                while at < stop and data[at] > 0x20 and shown[at]:
                    at += 1
                if at > first:
                    if fill:
                        starts[count], stops[count] = first, at
                    count += 1
    return starts, stops


@numba.njit(cache=True)
def copy_words(
    data: np.ndarray, starts: np.ndarray, stops: np.ndarray, offsets: np.ndarray
) -> np.ndarray:
    """All words in a row."""
    out = np.empty(offsets[-1], np.uint8)
    for word in range(len(starts)):
        for at in range(stops[word] - starts[word]):
            out[offsets[word] + at] = data[starts[word] + at]
    return out


@numba.njit(inline="always")
def _mixed(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@numba.njit(inline="always")
def _below(value: np.uint64, bound: int) -> int:
    return np.int64((value >> np.uint64(32)) * np.uint64(bound) >> np.uint64(32))


@numba.njit(inline="always")
def _exchanged(rank: int, num_words: int, draw: np.uint64) -> int:
    """The rank of the word to take for another: one of about the same frequency."""
    reach = 3 + np.int64(rank * NEIGHBOURS)
    low, high = max(0, rank - reach), min(num_words, rank + reach + 1)
    return low + _below(draw, high - low)


@numba.njit(cache=True)
def fill_varied(
    data, edges, starts, stops, first_words, ranks, groups, vocabulary, vocabulary_edges,
    group_edges, shapes, keys, edits, changed, rates, out, out_edges,
):  # fmt: skip
    """Fill `out` with documents, or, where it is empty, only `out_edges`."""
    scale = np.float64(1 << 32)
    at = 0
    for row in range(len(shapes)):
        shape, key, edit = shapes[row], keys[row], edits[row]
        change, rate = np.uint64(changed * scale), np.uint64(rates[row] * scale)
        base = group_edges[groups[shape]]
        num_words = group_edges[groups[shape] + 1] - base
        copied = edges[shape]
        for word in range(first_words[shape], first_words[shape + 1]):
            rank = np.int64(ranks[word])
            taken = rank
            draw = _mixed(key + np.uint64(rank) * np.uint64(0x9E3779B97F4A7C15))
            if draw & np.uint64(0xFFFFFFFF) < change:
                taken = _exchanged(rank, num_words, _mixed(draw))
            if rate:
                draw = _mixed(edit + np.uint64(word) * np.uint64(0x9E3779B97F4A7C15))
                if draw & np.uint64(0xFFFFFFFF) < rate:
                    taken = _exchanged(rank, num_words, _mixed(draw))
            if taken == rank:
                continue
            first = vocabulary_edges[base + taken]
            length = vocabulary_edges[base + taken + 1] - first
            between = starts[word] - copied
            if len(out):
                out[at : at + between] = data[copied : starts[word]]
                out[at + between : at + between + length] = vocabulary[first : first + length]
            at += between + length
            copied = stops[word]
        rest = edges[shape + 1] - copied
        if len(out):
            out[at : at + rest] = data[copied : edges[shape + 1]]
        at += rest
        out_edges[row + 1] = at
