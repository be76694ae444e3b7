"""Survivors: the greedy maximal independent set of the verified graph, in order of the policy.

A document is removed only if a surviving neighbour, which it measurably resembles, can be named.
Chains do not delete: in a-b-c with a first, b goes (it resembles a) and c stays (it does not).

One pass decides: pairs come sorted by their later document, so that all earlier neighbours of a
document are decided by the time its own pairs come (time-forward processing: Chiang et al. 1995,
External-Memory Graph Algorithms). Unlike rounds over the whole graph (Blelloch et al. 2012, Greedy
Sequential Maximal Independent Set and Matching are Parallel on Average) it costs the same for any
chain, and unlike a search within each component it needs no bound on a component's size.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from haybale.pipeline.dedup.components import singletons, unite
from haybale.pipeline.dedup.families import name_components
from haybale.pipeline.dedup.graph import (
    PLACED,
    Blocks,
    Nodes,
    find_nodes,
    place_pairs,
)
from haybale.pipeline.dedup.rows import CLUSTERED, REMOVED, Rows
from haybale.pipeline.rows.external_sort import BLOCK_BYTES, ExternalSort

SURVIVES, GONE = 0, 1


@dataclass(frozen=True)
class Survivors:
    """Who goes, and who belongs together.

    Attributes:
        removed: REMOVED, sorted by address: who goes, and the most similar surviving neighbour (of
            equally similar ones the first in order).
        clustered: CLUSTERED, sorted by address: every document of a connected component, and the
            smallest id of the component.
    """

    removed: ExternalSort
    clustered: ExternalSort


def choose_survivors(
    read: Blocks, nodes: Nodes, scratch: Path, block_bytes: int = BLOCK_BYTES
) -> Survivors:
    """Decide who stays.

    Args:
        read: The pairs.
        nodes: Their documents.
        scratch: A local folder; the result is read from it.
        block_bytes: About so much is held of anything that is sorted.
    """
    pairs = place_pairs(read, nodes, scratch, block_bytes)
    addresses, ids = nodes.addresses(), nodes.ids()
    parents, states = singletons(nodes.count), np.full(nodes.count, SURVIVES, np.uint8)
    removed = ExternalSort(REMOVED, ("address",), scratch, block_bytes=block_bytes)
    for block in pairs.blocks():
        unite(parents, ids, block["late"], block["early"])
        chosen = block[_greedy(block, states)]
        rows = np.empty(len(chosen), REMOVED)
        rows["address"], rows["survivor"] = addresses[chosen["late"]], addresses[chosen["early"]]
        rows["survivor_id"] = ids[chosen["early"]]
        rows["shared"], rows["united"] = chosen["shared"], chosen["united"]
        removed.add(rows)
    del states
    return Survivors(removed, name_components(parents, addresses, ids, scratch, block_bytes))


def survivors_in_memory(verified: Rows) -> tuple[Rows, Rows]:
    """Decide who stays, where all pairs are in memory.

    Args:
        verified: VERIFIED pairs, in any order.

    Returns:
        REMOVED and CLUSTERED, see `Survivors`.
    """

    def read() -> Iterator[Rows]:
        yield verified

    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        chosen = choose_survivors(read, find_nodes(read, scratch), scratch)
        removed = [np.empty(0, REMOVED), *chosen.removed.blocks()]
        clustered = [np.empty(0, CLUSTERED), *chosen.clustered.blocks()]
    return np.concatenate(removed), np.concatenate(clustered)


def _greedy(pairs: Rows, states: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Decide the later documents of PLACED pairs; returns which pair names each survivor."""
    assert pairs.dtype == PLACED
    chosen = np.empty(len(pairs), np.int64)
    ends = [np.ascontiguousarray(pairs[name]) for name in ("late", "early", "shared", "united")]
    return chosen[: _decide(*ends, states, chosen)]


_UINT32S = types.Array(types.uint32, 1, "C")


@njit(  # type: ignore[untyped-decorator]
    types.int64(
        _UINT32S,
        _UINT32S,
        _UINT32S,
        _UINT32S,
        types.Array(types.uint8, 1, "C"),
        types.Array(types.int64, 1, "C"),
    ),
    cache=True,
    nogil=True,
)
def _decide(late: Any, early: Any, shared: Any, united: Any, states: Any, chosen: Any) -> int:
    num_chosen = 0
    at = 0
    while at < len(late):
        node = late[at]
        best = -1
        while at < len(late) and late[at] == node:
            # Neighbours come in order, so of equals the first is kept.
            if states[early[at]] == SURVIVES and (
                best < 0
                or np.uint64(shared[at]) * np.uint64(united[best])
                > np.uint64(shared[best]) * np.uint64(united[at])
            ):
                best = at
            at += 1
        if best >= 0:
            states[node] = GONE
            chosen[num_chosen] = best
            num_chosen += 1
    return num_chosen
