"""Survivors: the greedy maximal independent set of the verified graph, in order of the policy.

A document is removed only if a surviving neighbour, which it measurably resembles, can be named.
Chains do not delete: in a-b-c with a first, b goes (it resembles a) and c stays (it does not).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from haybale.corpus.digests import UInt64s
from haybale.pipeline.dedup.rows import CLUSTERED, REMOVED, Rows
from haybale.pipeline.shuffle import run_starts

Int64s = npt.NDArray[np.int64]


def choose_survivors(verified: Rows) -> tuple[Rows, Rows]:
    """Decide who stays.

    Args:
        verified: VERIFIED pairs, in any order.

    Returns:
        REMOVED, sorted by address: who goes, and the most similar surviving neighbour (of equally
        similar ones the first in order).
        CLUSTERED, sorted by address: every document of a connected component, and the smallest id
        in it.
    """
    nodes = _nodes(verified)
    columns = [nodes[name][:, word] for name in ("rank", "id") for word in (0, 1)]
    order = np.lexsort(columns[::-1])
    place = np.empty(len(nodes), np.int64)  # of each node in the policy's order
    place[order] = np.arange(len(nodes))
    nodes = nodes[order]
    by_address = np.argsort(nodes["address"])
    ends = [
        by_address[np.searchsorted(nodes["address"][by_address], verified[end])] for end in "ab"
    ]
    starts, neighbours, edges = _adjacency(len(nodes), *ends)
    shared, united = verified["shared"].astype(np.int64), verified["united"].astype(np.int64)
    chosen, component = _greedy(starts, neighbours, edges, shared, united)
    gone = np.flatnonzero(chosen >= 0)
    edge = chosen[gone]
    survivor = np.where(ends[0][edge] == gone, ends[1][edge], ends[0][edge])
    removed = np.empty(len(gone), REMOVED)
    removed["address"] = nodes["address"][gone]
    removed["survivor"] = nodes["address"][survivor]
    removed["survivor_id"] = nodes["id"][survivor]
    removed["shared"], removed["united"] = shared[edge], united[edge]
    clustered = np.empty(len(nodes), CLUSTERED)
    clustered["address"] = nodes["address"]
    clustered["cluster"] = _smallest_ids(nodes["id"], component)
    return np.sort(removed, order="address"), np.sort(clustered, order="address")


def _smallest_ids(ids: UInt64s, component: Int64s) -> UInt64s:
    """For each node the smallest id of its component."""
    order = np.lexsort((ids[:, 1], ids[:, 0], component))
    starts = run_starts(component[order])
    smallest = np.repeat(order[starts], np.diff(np.r_[starts, len(order)]))
    out = np.empty_like(ids)
    out[order] = ids[smallest]
    return out


_NODE = np.dtype([("address", "u8"), ("rank", "u8", 2), ("id", "u8", 2)])


def _nodes(verified: Rows) -> Rows:
    """Each document of any pair once, sorted by address."""
    nodes = np.empty(2 * len(verified), _NODE)
    for end, half in (("a", slice(None, len(verified))), ("b", slice(len(verified), None))):
        nodes["address"][half] = verified[end]
        nodes["id"][half] = verified[f"{end}_id"]
        nodes["rank"][half] = verified[f"{end}_rank"]
    _, first = np.unique(nodes["address"], return_index=True)
    return nodes[first]


def _adjacency(num_nodes: int, left: Int64s, right: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """Neighbours and edges of node i are at [starts[i], starts[i + 1])."""
    ends, others = np.r_[left, right], np.r_[right, left]
    order = np.lexsort((others, ends))
    starts = np.searchsorted(ends[order], np.arange(num_nodes + 1))
    edges = np.r_[np.arange(len(left)), np.arange(len(left))]
    return starts.astype(np.int64), others[order], edges[order]


@njit(cache=True)  # type: ignore[untyped-decorator]
def _greedy(
    starts: Any, neighbours: Any, edges: Any, shared: Any, united: Any
) -> tuple[Int64s, Int64s]:
    """Nodes in order: -1 for a survivor, else the edge to its survivor; and each one's component.

    A component is numbered by its first node, which always survives.
    """
    num_nodes = len(starts) - 1
    chosen = np.full(num_nodes, -1, np.int64)
    component = np.full(num_nodes, -1, np.int64)
    stack = np.empty(num_nodes, np.int64)
    for node in range(num_nodes):
        best = np.int64(-1)
        for at in range(starts[node], starts[node + 1]):
            other, edge = neighbours[at], edges[at]
            if other > node or chosen[other] >= 0:
                continue
            # Neighbours come in order, so of equals the first is kept.
            if best < 0 or shared[edge] * united[best] > shared[best] * united[edge]:
                best = edge
        chosen[node] = best
        if component[node] < 0:
            component[node] = node
            stack[0], height = node, 1
            while height:
                height -= 1
                top = stack[height]
                for at in range(starts[top], starts[top + 1]):
                    if component[neighbours[at]] < 0:
                        component[neighbours[at]] = node
                        stack[height] = neighbours[at]
                        height += 1
    return chosen, component
