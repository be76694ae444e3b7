"""Families: components of the graph of verified pairs and kin, which share a split.

They join what clusters leave apart: two documents that are alike, but not enough to be duplicates,
or by a chain of such pairs. Nobody is removed for it, so there is nothing to decide in any order.
"""

from pathlib import Path

import numpy as np

from haybale.corpus.digests import UInt64s
from haybale.pipeline.dedup.components import UInt32s, flatten, singletons, unite
from haybale.pipeline.dedup.graph import Blocks, Nodes
from haybale.pipeline.dedup.rows import CLUSTERED
from haybale.pipeline.rows.external_sort import BLOCK_BYTES, ExternalSort


def name_families(
    read: Blocks, nodes: Nodes, scratch: Path, block_bytes: int = BLOCK_BYTES
) -> ExternalSort:
    """Name the component of each document by union-find, at most `NODE_BYTES` for each.

    Args:
        read: The pairs.
        nodes: Their documents.
        scratch: A local folder; the result is read from it.
        block_bytes: About so much is held of anything that is sorted.

    Returns:
        CLUSTERED, sorted by address: every document, and the smallest id of its component.
    """
    ids, parents, places = nodes.ids(), singletons(nodes.count), nodes.places()
    for pairs in read():
        unite(parents, ids, *(places[nodes.index.number(pairs[end])] for end in "ab"))
    del places
    return name_components(parents, nodes.addresses(), ids, scratch, block_bytes)


def name_components(
    parents: UInt32s, addresses: UInt64s, ids: UInt64s, scratch: Path, block_bytes: int
) -> ExternalSort:
    """Every document with the smallest id of its component.

    Args:
        parents: uint32[nodes]: a forest of `unite`; flattened in place.
        addresses: uint64[nodes].
        ids: uint64[nodes, 2].
        scratch: A local folder; the result is read from it.
        block_bytes: About so much is held of what is sorted.

    Returns:
        CLUSTERED, sorted by address.
    """
    flatten(parents)
    named = ExternalSort(CLUSTERED, ("address",), scratch, block_bytes=block_bytes)
    step = max(1, block_bytes // CLUSTERED.itemsize)
    for start in range(0, len(parents), step):
        stop = min(start + step, len(parents))
        rows = np.empty(stop - start, CLUSTERED)
        rows["address"], rows["cluster"] = addresses[start:stop], ids[parents[start:stop]]
        named.add(rows)
    return named
