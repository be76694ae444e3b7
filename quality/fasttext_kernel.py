"""The most likely label of each line of text, by a fastText model: the kernel.

It adds up the same numbers in the same order and precision as fastText 0.9.2 (`dictionary.cc`,
`model.cc`, `loss.cc`), so that scores are the same to the last bit.
"""

from typing import Any

import numpy as np
from numba import njit

FNV_OFFSET, FNV_PRIME = np.uint32(2166136261), np.uint32(16777619)
_LEAST_LOG = np.float32(np.log(1e-5))  # of the probability 0, as fastText has it
_ONE = np.float32(1)


@njit(inline="always")  # type: ignore[untyped-decorator]
def hashed(state: Any, byte: Any) -> Any:
    """FNV-1a, 32 bits, of one more byte, which fastText takes as signed."""
    wide = np.uint32(byte) | np.uint32(0xFFFFFF00) if byte >= 0x80 else np.uint32(byte)
    return np.uint32((state ^ wide) * FNV_PRIME)


@njit(inline="always")  # type: ignore[untyped-decorator]
def _is_space(byte: Any) -> Any:
    return byte <= 0x20 and (byte == 0x20 or 0x09 <= byte <= 0x0D or byte == 0)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def place_words(data: Any, edges: Any, places: Any) -> None:
    """Fill a table of open places with the numbers of words, by their hashes."""
    mask = np.uint32(len(places) - 1)
    for word in range(len(edges) - 1):
        state = FNV_OFFSET
        for at in range(edges[word], edges[word + 1]):
            state = hashed(state, data[at])
        place = state & mask
        while places[place] >= 0:
            place = (place + np.uint32(1)) & mask
        places[place] = word


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _find_word(data: Any, start: int, stop: int, state: Any, known: Any) -> int:
    """The number of a word with a hash; -1: it is not known."""
    known_data, edges, places = known
    mask = np.uint32(len(places) - 1)
    place = state & mask
    while places[place] >= 0:
        word = places[place]
        first = edges[word]
        if edges[word + 1] - first == stop - start:
            same = True
            for at in range(stop - start):
                if known_data[first + at] != data[start + at]:
                    same = False
                    break
            if same:
                return int(word)
        place = (place + np.uint32(1)) & mask
    return -1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _begins_with(data: Any, start: int, stop: int, prefix: Any) -> bool:
    same = 0
    while same < len(prefix) and start + same < stop and data[start + same] == prefix[same]:
        same += 1
    return same == len(prefix)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_ngrams(word: Any, length: int, ngrams: Any, inputs: Any, hidden: Any) -> int:
    """Add the vectors of a word's character n-grams; returns how many.

    Args:
        word: uint8: the word between `<` and `>`.
        length: Its bytes, the two signs too.
        ngrams: Least and most characters, and the row of each bucket.
        inputs: float32[rows, dim].
        hidden: float32[dim]: added to.
    """
    least, most, filled, rows = ngrams
    num_buckets = np.uint32(len(rows))
    added = 0
    for start in range(length):
        if word[start] & 0xC0 == 0x80:
            continue
        state, at = FNV_OFFSET, start
        for characters in range(1, most + 1):
            if at == length:
                break
            state = hashed(state, word[at])
            at += 1
            while at < length and word[at] & 0xC0 == 0x80:
                state = hashed(state, word[at])
                at += 1
            if characters < least or (characters == 1 and (start == 0 or at == length)):
                continue
            bucket = state % num_buckets
            if filled[bucket >> np.uint32(3)] >> (bucket & np.uint32(7)) & 1:
                row = rows[bucket]
                for column in range(len(hidden)):
                    hidden[column] += inputs[row, column]
                added += 1
    return added


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _log(probability: Any) -> Any:
    return np.float32(np.log(np.float64(probability) + 1e-5))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _best_leaf(
    hidden: Any, outputs: Any, children: Any, nodes: Any, scores: Any
) -> tuple[int, Any]:
    """The label of the highest probability and its logarithm; -1: none has any."""
    num_labels = len(outputs)
    label, best = -1, np.float32(0)
    nodes[0], scores[0], waiting = 2 * num_labels - 2, np.float32(0), 1
    while waiting:
        waiting -= 1
        node, score = nodes[waiting], scores[waiting]
        if score < _LEAST_LOG or (label >= 0 and score < best):
            continue
        if node < num_labels:
            label, best = node, score
            continue
        product = np.float32(0)
        for column in range(len(hidden)):
            product += outputs[node - num_labels, column] * hidden[column]
        right = np.float32(1.0 / np.float64(_ONE + np.exp(-product)))
        # The left child is looked at first, and wholly.
        nodes[waiting], scores[waiting] = children[node, 1], score + _log(right)
        waiting += 1
        left = np.float32(1.0 - np.float64(right))
        nodes[waiting], scores[waiting] = children[node, 0], score + _log(left)
        waiting += 1
    return label, best


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def predict_lines(
    data: Any,
    offsets: Any,
    known: Any,
    skipped: Any,
    end: int,
    ngrams: Any,
    inputs: Any,
    outputs: Any,
    children: Any,
    labels: Any,
    scores: Any,
) -> None:
    """The best label of every line.

    Args:
        data: uint8: UTF-8 of all lines.
        offsets: int64[lines + 1]
        known: The model's words and then its labels: their bytes, edges and table of places.
        skipped: uint8: the prefix of labels, which are no words.
        end: The number of the word `</s>`, with which a line ends; -1: the model lacks it.
        ngrams: Least and most characters, one bit for each bucket with a row, and the rows.
        inputs: float32[rows, dim]
        outputs: float32[labels, dim]
        children: int32[nodes, 2]
        labels: int32[lines], filled: number of the label; -1: none.
        scores: float32[lines], filled: its probability.
    """
    num_labels = len(outputs)
    num_words = len(known[1]) - 1 - num_labels
    hidden = np.zeros(inputs.shape[1], np.float32)
    longest = 0
    for line in range(len(offsets) - 1):
        longest = max(longest, offsets[line + 1] - offsets[line])
    word = np.empty(longest + 2, np.uint8)
    nodes = np.empty(len(children) + 1, np.int64)
    waiting_scores = np.empty(len(children) + 1, np.float32)
    for line in range(len(offsets) - 1):
        hidden[:] = 0
        added, at, stop = 0, offsets[line], offsets[line + 1]
        ended = False
        while not ended:
            while at < stop and _is_space(data[at]):
                at += 1
            if at == stop:
                break
            start, state, length = at, FNV_OFFSET, 1
            while at < stop and not _is_space(data[at]):
                state = hashed(state, data[at])
                word[length] = data[at]
                length += 1
                at += 1
            number = _find_word(data, start, at, state, known)
            if number >= num_words:
                continue
            if number >= 0:
                for column in range(len(hidden)):
                    hidden[column] += inputs[number, column]
                added += 1
                ended = number == end
            elif _begins_with(data, start, at, skipped):
                continue
            if not ended and ngrams[1] > 0:
                word[0], word[length] = 0x3C, 0x3E  # < and >
                added += _add_ngrams(word, length + 1, ngrams, inputs, hidden)
        if not ended and end >= 0:
            for column in range(len(hidden)):
                hidden[column] += inputs[end, column]
            added += 1
        labels[line], scores[line] = -1, 0
        if added:
            share = np.float32(1.0 / added)
            for column in range(len(hidden)):
                hidden[column] *= share
            label, score = _best_leaf(hidden, outputs, children, nodes, waiting_scores)
            if label >= 0:
                labels[line], scores[line] = label, np.exp(score)
