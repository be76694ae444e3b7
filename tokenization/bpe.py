"""The merges of a span, as SentencePiece's byte-pair encoding makes them.

SentencePiece (0.2.3, `bpe::Model::SampleEncode` without dropout) merges, again and again, the two
neighbours whose concatenation is the piece of the highest score, the leftmost of equal ones. Short
spans are searched for the best pair each time; long ones keep the pairs in a heap.
"""

from heapq import heappop, heappush
from typing import Any

import numpy as np
from numba import njit

from haybale.tokenization.characters import character_bytes
from haybale.tokenization.trie import NO_PIECE, step

_SHORT_BYTES = 64
_GONE = -1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def merge_path(data: Any, start: Any, stop: Any, vocabulary: Any, scratch: Any) -> Any:
    """Segment data[start:stop].

    Args:
        data: uint8[...]: normalised text, with a space for each U+2581.
        start: First byte; a boundary.
        stop: Behind the last byte; a boundary.
        vocabulary: Of the model.
        scratch: `path` is filled with the pieces' ids.

    Returns:
        Number of pieces.
    """
    # A symbol is known by its first byte: `ends` says where it ends, `nodes` where it leads in the
    # trie, 0 for nowhere.
    ends, nodes, path = scratch.ends, scratch.nodes, scratch.path
    units, ids = vocabulary.units, vocabulary.nodes
    at = start
    while at < stop:
        end = at + character_bytes(data[at])
        ends[at - start] = end - start
        nodes[at - start] = _walk(data, at, end, units, 0)
        at = end
    if stop - start <= _SHORT_BYTES:
        _merge_by_search(data, start, stop - start, vocabulary, scratch)
    else:
        _merge_by_heap(data, start, stop - start, vocabulary, scratch)
    count, place = 0, 0
    while place < stop - start:
        node = nodes[place]
        number = ids[node] if node else NO_PIECE
        path[count] = vocabulary.unknown if number == NO_PIECE else number
        count += 1
        place = ends[place]
    return count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _walk(data: Any, start: Any, stop: Any, units: Any, node: Any) -> Any:
    """The node that bytes lead to from another, or 0."""
    for at in range(start, stop):
        node = step(units, node, data[at])
        if node == 0:
            return 0
    return node


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _joined(
    data: Any, start: Any, size: Any, left: Any, ends: Any, nodes: Any, units: Any, ids: Any
) -> Any:
    """The node of a symbol and the next one together, if that is a piece, or 0."""
    right = ends[left]
    if right >= size or nodes[left] == 0:
        return 0
    node = _walk(data, start + right, start + ends[right], units, nodes[left])
    return node if node and ids[node] != NO_PIECE else 0


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _merge_by_search(data: Any, start: Any, size: Any, vocabulary: Any, scratch: Any) -> None:
    ends, nodes = scratch.ends, scratch.nodes
    units, ids, scores = vocabulary.units, vocabulary.nodes, vocabulary.scores
    joined = scratch.froms  # the node of each symbol together with the next
    place = 0
    while place < size:
        joined[place] = _joined(data, start, size, place, ends, nodes, units, ids)
        place = ends[place]
    while True:
        best, before, highest = _GONE, _GONE, np.float32(0)
        place, previous = 0, _GONE
        while place < size:
            if joined[place]:
                score = scores[ids[joined[place]]]
                if best == _GONE or score > highest:
                    best, before, highest = place, previous, score
            previous = place
            place = ends[place]
        if best == _GONE:
            return
        nodes[best] = joined[best]
        ends[best] = ends[ends[best]]
        joined[best] = _joined(data, start, size, best, ends, nodes, units, ids)
        if before != _GONE:
            joined[before] = _joined(data, start, size, before, ends, nodes, units, ids)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _merge_by_heap(data: Any, start: Any, size: Any, vocabulary: Any, scratch: Any) -> None:
    # froms: where the symbol before begins; a merged symbol's `ends` is _GONE.
    befores, ends = scratch.froms, scratch.ends
    heap = [(np.float32(0), np.int64(0), np.int64(0), np.int64(0))]
    heap.pop()
    place, previous = np.int64(0), np.int64(_GONE)
    while place < size:
        befores[place] = previous
        _push(heap, data, start, size, place, vocabulary, scratch)
        previous = place
        place = np.int64(ends[place])
    while len(heap) > 0:
        _, left, end, node = heappop(heap)
        # A pair is stale if either symbol is gone or has grown since.
        if ends[left] == _GONE or ends[left] >= size:
            continue
        right = np.int64(ends[left])
        if ends[right] != end:
            continue
        scratch.nodes[left] = node
        ends[left] = end
        ends[right] = _GONE
        if end < size:
            befores[end] = left
        _push(heap, data, start, size, left, vocabulary, scratch)
        if befores[left] != _GONE:
            _push(heap, data, start, size, np.int64(befores[left]), vocabulary, scratch)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _push(
    heap: Any, data: Any, start: Any, size: Any, left: Any, vocabulary: Any, scratch: Any
) -> None:
    ends, ids = scratch.ends, vocabulary.nodes
    node = np.int64(_joined(data, start, size, left, ends, scratch.nodes, vocabulary.units, ids))
    if node:
        heappush(heap, (-vocabulary.scores[ids[node]], left, np.int64(ends[ends[left]]), node))
