"""Pieces as a trie: which of them begin at a place in the text, found byte by byte.

A double array (Aoe 1989): the child of a node along a byte is at the node's base plus the byte, and
it is one if it names the node as its parent. One load a byte, and 100,000 nodes fit in a megabyte.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

NO_PIECE = -1
_FREE = np.uint64(0xFFFFFFFF)
_HALF, _BASE, _ENDS = np.uint64(32), np.uint64(0x7FFFFFFF), np.uint64(0x80000000)


class Trie(NamedTuple):
    """A trie over bytes; node 0 is the root.

    Attributes:
        units: uint64[places]: of each node, its parent in the upper half; below, whether a piece
            ends there (1 bit) and the base of its children (31 bits).
        ids: int32[places]: the piece that ends there, or NO_PIECE.
    """

    units: npt.NDArray[np.uint64]
    ids: npt.NDArray[np.int32]


def build_trie(pieces: list[bytes], ids: npt.NDArray[np.int32]) -> Trie:
    """A trie of distinct pieces, none empty.

    Args:
        pieces: UTF-8.
        ids: int32[pieces]: what stands in the node that a piece ends in.
    """
    order = sorted(range(len(pieces)), key=pieces.__getitem__)
    data = np.frombuffer(b"".join(pieces[at] for at in order), np.uint8)
    ends = np.cumsum([0, *(len(pieces[at]) for at in order)], dtype=np.int64)
    places = 2 * len(data) + 1024
    while True:
        units = np.full(places, _FREE << _HALF, np.uint64)
        nodes = np.full(places, NO_PIECE, np.int32)
        size = _fill(data, ends, ids[order], units, nodes)
        if size:
            return Trie(units[:size].copy(), nodes[:size].copy())
        places *= 2  # children that fit nowhere between others need more than that


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def step(units: Any, node: Any, byte: Any) -> Any:
    """The child of a node along a byte, or 0 where there is none: the root is no child."""
    child = np.int64((units[node] & _BASE) + np.uint64(byte))
    if units[child] >> _HALF == np.uint64(node):
        return child
    return np.int64(0)


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def piece_at(units: Any, ids: Any, node: Any) -> Any:
    """The piece that ends in a node, or NO_PIECE."""
    return ids[node] if units[node] & _ENDS else np.int32(NO_PIECE)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fill(data: Any, ends: Any, ids: Any, units: Any, nodes: Any) -> Any:
    """Place the nodes of sorted pieces, breadth first.

    Returns:
        The places taken, and 256 more, so that no step leads beyond them; 0 if there are too few.
    """
    most = len(units)
    # Of each node that waits: its place, the range of pieces below it, its depth.
    waiting = np.empty((most, 4), np.int64)
    waiting[0] = (0, 0, len(ends) - 1, 0)
    # A base is at least 1, so no child is in a place below its label: those that no label reaches
    # for want of a base would be looked at for ever.
    num_waiting, first_free, last = 1, 257, 0
    units[0] = _FREE << _HALF
    labels, bounds = np.empty(257, np.int64), np.empty(258, np.int64)
    for at in range(most):
        if at == num_waiting:
            break
        node, low, high, depth = waiting[at]
        if low < high and ends[low] + depth == ends[low + 1]:
            nodes[node] = ids[low]
            units[node] |= _ENDS
            low += 1
        count = 0
        for piece in range(low, high):
            label = np.int64(data[ends[piece] + depth])
            if count == 0 or labels[count - 1] != label:
                labels[count], bounds[count] = label, piece
                count += 1
        bounds[count] = high
        if count == 0:
            continue
        while first_free < most and units[first_free] >> _HALF != _FREE:
            first_free += 1
        base = _find_base(units, labels, count, first_free)
        if base == 0:
            return 0
        units[node] = units[node] & ~_BASE | np.uint64(base)
        for child in range(count):
            place = base + labels[child]
            units[place] = np.uint64(node) << _HALF
            waiting[num_waiting] = (place, bounds[child], bounds[child + 1], depth + 1)
            num_waiting += 1
            last = max(last, place)
    return last + 257 if last + 257 <= most else 0


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _find_base(units: Any, labels: Any, count: Any, first_free: Any) -> Any:
    """The least base from the first free place on that leaves all children places; 0 for none."""
    base = first_free - labels[0]
    while base + 256 < len(units):
        fits = True
        for child in range(count):
            if units[base + labels[child]] >> _HALF != _FREE:
                fits = False
                break
        if fits:
            return base
        base += 1
    return 0
