"""Connected components by union-find, where a component is named by its smallest `doc_id`.

Pairs stream through; only the nodes are in memory, at 4 bytes each beside their ids.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from haybale.corpus.digests import UInt64s

UInt32s = npt.NDArray[np.uint32]

_PARENTS = types.Array(types.uint32, 1, "C")
_ENDS = types.Array(types.uint32, 1, "A", readonly=True)
_IDS = types.Array(types.uint64, 2, "C", readonly=True)


def singletons(num_nodes: int) -> UInt32s:
    """The forest in which every node is its own root."""
    return np.arange(num_nodes, dtype=np.uint32)


@njit(types.uint32(_PARENTS, types.uint32), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _root(parents: Any, node: Any) -> Any:
    """The root of a node; halves the path on the way (Tarjan and van Leeuwen 1984)."""
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


@njit(types.void(_PARENTS, _IDS, _ENDS, _ENDS), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def unite(parents: Any, ids: Any, left: Any, right: Any) -> None:
    """Join the trees of both ends of each pair; the root of smaller id stays a root.

    Args:
        parents: uint32[nodes], changed in place.
        ids: uint64[nodes, 2].
        left: uint32[pairs]: one node of each pair.
        right: uint32[pairs]: the other.
    """
    for pair in range(len(left)):
        one, other = _root(parents, left[pair]), _root(parents, right[pair])
        if one == other:
            continue
        if ids[one, 0] < ids[other, 0] or (
            ids[one, 0] == ids[other, 0] and ids[one, 1] < ids[other, 1]
        ):
            parents[other] = one
        else:
            parents[one] = other


@njit(types.void(_PARENTS), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def flatten(parents: Any) -> None:
    """Point every node at its root: the node of its component's smallest id."""
    for node in range(len(parents)):
        parents[node] = _root(parents, np.uint32(node))


def components(ids: UInt64s, left: UInt32s, right: UInt32s) -> UInt32s:
    """The node of smallest id in each node's component.

    Args:
        ids: uint64[nodes, 2].
        left: uint32[pairs]: one node of each pair.
        right: uint32[pairs]: the other.

    Returns:
        uint32[nodes].
    """
    parents = singletons(len(ids))
    unite(parents, ids, left, right)
    flatten(parents)
    return parents
