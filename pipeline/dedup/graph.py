"""The graph of verified pairs: its documents are nodes, numbered by place in the policy's order.

Memory: `NODE_BYTES` for each document that has a verified neighbour, two bits at most for each
other, and a few blocks of rows; pairs stream from their files, which are read twice.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s
from haybale.corpus.errors import HaybaleError
from haybale.pipeline.dedup.address_index import AddressIndex
from haybale.pipeline.dedup.rows import NUM_RANKS, Rows
from haybale.pipeline.rows.external_sort import BLOCK_BYTES, ExternalSort
from haybale.pipeline.rows.row_order import take_sorted
from haybale.pipeline.shuffle import run_starts

UInt32s = npt.NDArray[np.uint32]
Blocks = Callable[[], Iterable[Rows]]
"""Reads the pairs of a graph, VERIFIED, block by block, in any order; called twice."""

NODE_BYTES = 29
"""Address 8, id 16, the union-find's parent 4, state 1; while pairs are placed only a place, 4."""

NODE = np.dtype([("rank", "u8", NUM_RANKS), ("id", "u8", 2), ("address", "u8")])
"""A document; the smaller (rank, id) survives."""

PLACED = np.dtype([("late", "u4"), ("early", "u4"), ("shared", "u4"), ("united", "u4")])
"""A pair by places in the policy's order; early < late."""


@dataclass(frozen=True)
class Nodes:
    """The documents of a graph in the policy's order, on disk; a place is an index into it.

    Attributes:
        count: How many.
        index: Their addresses.
        scratch: Where they are.
    """

    count: int
    index: AddressIndex
    scratch: Path

    def addresses(self) -> UInt64s:
        """uint64[nodes]."""
        return np.fromfile(self.scratch / "addresses", np.uint64)

    def ids(self) -> UInt64s:
        """uint64[nodes, 2]."""
        return np.fromfile(self.scratch / "ids", np.uint64).reshape(-1, 2)

    def places(self) -> UInt32s:
        """The place of each document, by its number in the index."""
        places = np.empty(self.count, np.uint32)
        start = 0
        with (self.scratch / "addresses").open("rb") as file:
            while len(block := np.fromfile(file, np.uint64, 1 << 20)):
                places[self.index.number(block)] = np.arange(start, start + len(block))
                start += len(block)
        return places


def find_nodes(read: Blocks, scratch: Path, block_bytes: int = BLOCK_BYTES) -> Nodes:
    """Number the documents of a graph; in memory is only their index."""
    in_order: ExternalSort | None = None
    index = AddressIndex()
    for pairs in read():
        nodes = _nodes(pairs)
        if in_order is None:
            in_order = ExternalSort(nodes.dtype, ("rank", "id"), scratch, block_bytes=block_bytes)
        in_order.add(nodes.take(np.flatnonzero(index.add(nodes["address"]))))
    count = in_order.num_rows if in_order else 0
    if count >= 1 << 32:
        raise HaybaleError(f"{count} documents have near-duplicates; one group can hold 2^32")
    with (scratch / "addresses").open("wb") as addresses, (scratch / "ids").open("wb") as ids:
        for block in in_order.blocks() if in_order else ():
            np.ascontiguousarray(block["address"]).tofile(addresses)
            np.ascontiguousarray(block["id"]).tofile(ids)
    return Nodes(count, index, scratch)


def place_pairs(
    read: Blocks, nodes: Nodes, scratch: Path, block_bytes: int = BLOCK_BYTES
) -> ExternalSort:
    """All pairs as PLACED, sorted by (late, early); a pair told twice is there twice."""
    places = nodes.places()
    sorting = ExternalSort(PLACED, ("late", "early"), scratch, whole=1, block_bytes=block_bytes)
    for pairs in read():
        a, b = (places[nodes.index.number(pairs[end])] for end in "ab")
        placed = np.empty(len(pairs), PLACED)
        placed["early"], placed["late"] = np.minimum(a, b), np.maximum(a, b)
        placed["shared"], placed["united"] = pairs["shared"], pairs["united"]
        sorting.add(placed)
    return sorting


def _nodes(pairs: Rows) -> Rows:
    """Each document of these pairs once, sorted by address."""
    nodes = np.empty(2 * len(pairs), NODE)
    for end, half in (("a", slice(None, len(pairs))), ("b", slice(len(pairs), None))):
        nodes["address"][half] = pairs[end]
        nodes["rank"][half] = pairs[f"{end}_rank"]
        nodes["id"][half] = pairs[f"{end}_id"]
    nodes = take_sorted(nodes, [nodes["address"]])
    return nodes.take(run_starts(nodes["address"]))
