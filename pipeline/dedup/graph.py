"""The graph of verified pairs: its documents are nodes, numbered by place in the policy's order.

Memory: `NODE_BYTES` for each document that has a verified neighbour, none for any other, and a few
blocks of rows; pairs stream from their files, which are read twice.
"""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from haybale.corpus.digests import UInt64s
from haybale.corpus.errors import HaybaleError
from haybale.pipeline.dedup.rows import VERIFIED, Rows, part_of, ranks, row_of
from haybale.pipeline.external_sort import BLOCK_BYTES, ExternalSort
from haybale.pipeline.shuffle import run_starts

UInt32s = npt.NDArray[np.uint32]
Blocks = Callable[[], Iterable[Rows]]
"""Reads the pairs of a graph, RANKED, block by block, in any order; called twice."""

NUM_RANKS = 1
"""Numbers in the rank that `ranked` gives; nothing else here depends on how many they are."""

NODE_BYTES = 29
"""Address 8, id 16, the union-find's parent 4, state 1; while pairs are placed instead 12."""

PLACED = np.dtype([("late", "u4"), ("early", "u4"), ("shared", "u4"), ("united", "u4")])
"""A pair by places in the policy's order; early < late."""


_PLACE = np.dtype([("address", "u8"), ("place", "u4")])


@cache
def ranked_type(num_ranks: int) -> np.dtype[Any]:
    """RANKED: a verified pair, each end with its place in the policy's order: (rank, id)."""
    return np.dtype(
        [
            ("a", "u8"),
            ("b", "u8"),
            ("a_rank", "u8", (num_ranks,)),
            ("b_rank", "u8", (num_ranks,)),
            ("a_id", "u8", (2,)),
            ("b_id", "u8", (2,)),
            ("shared", "u4"),
            ("united", "u4"),
        ]
    )


@cache
def node_type(num_ranks: int) -> np.dtype[Any]:
    """A document; the smaller (rank, id) survives."""
    return np.dtype([("rank", "u8", (num_ranks,)), ("id", "u8", (2,)), ("address", "u8")])


def ranked(verified: Rows, keep: str) -> Rows:
    """VERIFIED to RANKED, by the policy `keep`."""
    assert verified.dtype == VERIFIED
    rows = np.empty(len(verified), ranked_type(NUM_RANKS))
    for name in ("a", "b", "a_id", "b_id", "shared", "united"):
        rows[name] = verified[name]
    for end in "ab":
        rows[f"{end}_rank"][:, 0] = ranks(keep, verified[f"{end}_bytes"].astype(np.int64))
    return rows


@dataclass
class Nodes:
    """The documents of a graph in the policy's order, on disk; a place is an index into it.

    Attributes:
        count: How many.
        scratch: Where they are.
    """

    count: int
    scratch: Path
    _by_address: ExternalSort

    def addresses(self) -> UInt64s:
        """uint64[nodes]."""
        return np.fromfile(self.scratch / "addresses", np.uint64)

    def ids(self) -> UInt64s:
        """uint64[nodes, 2]."""
        return np.fromfile(self.scratch / "ids", np.uint64).reshape(-1, 2)

    def places(self) -> tuple[UInt64s, UInt32s]:
        """All addresses, sorted, and the place of each."""
        addresses = np.empty(self.count, np.uint64)
        places = np.empty(self.count, np.uint32)
        start = 0
        for block in self._by_address.blocks():
            stop = start + len(block)
            addresses[start:stop], places[start:stop] = block["address"], block["place"]
            start = stop
        return addresses, places


def find_nodes(read: Blocks, scratch: Path, block_bytes: int = BLOCK_BYTES) -> Nodes:
    """Number the documents of a graph.

    Memory: two bits for each document of the corpus at most, see `_Seen`.
    """
    in_order: ExternalSort | None = None
    seen = _Seen()
    for pairs in read():
        nodes = _nodes(pairs)
        if in_order is None:
            in_order = ExternalSort(nodes.dtype, ("rank", "id"), scratch, block_bytes=block_bytes)
        in_order.add(nodes.take(np.flatnonzero(seen.add(nodes["address"]))))
    del seen
    by_address = ExternalSort(_PLACE, ("address",), scratch, block_bytes=block_bytes)
    count = 0
    with (scratch / "addresses").open("wb") as addresses, (scratch / "ids").open("wb") as ids:
        for block in in_order.blocks() if in_order else ():
            block["address"].tofile(addresses)
            block["id"].tofile(ids)
            placed = np.empty(len(block), _PLACE)
            placed["address"] = block["address"]
            placed["place"] = np.arange(count, count + len(block))
            by_address.add(placed)
            count += len(block)
    if count >= 1 << 32:
        raise HaybaleError(f"{count} documents have near-duplicates; one group can hold 2^32")
    return Nodes(count, scratch, by_address)


class _Seen:
    """Which addresses came before: one bit for each row up to the last one seen of its part."""

    def __init__(self) -> None:
        self._bits: dict[int, npt.NDArray[np.uint8]] = {}

    def add(self, addresses: UInt64s) -> npt.NDArray[np.bool_]:
        """Take addresses in, sorted; returns which of them are new."""
        new = np.empty(len(addresses), np.bool_)
        parts, rows = part_of(addresses), row_of(addresses)
        starts = run_starts(parts)
        for start, stop in itertools.pairwise([*starts.tolist(), len(parts)]):
            part, last = int(parts[start]), int(rows[stop - 1])
            bits = self._bits.get(part, np.empty(0, np.uint8))
            if last // 8 >= len(bits):
                grown = np.zeros(max(last // 8 + 1, 2 * len(bits)), np.uint8)
                grown[: len(bits)] = bits
                bits = self._bits[part] = grown
            _mark(bits, rows[start:stop], new[start:stop])
        return new


@njit(  # type: ignore[untyped-decorator]
    types.void(
        types.Array(types.uint8, 1, "C"),
        types.Array(types.int64, 1, "C"),
        types.Array(types.bool_, 1, "C"),
    ),
    cache=True,
    nogil=True,
)
def _mark(bits: Any, rows: Any, new: Any) -> None:
    """Set the rows' bits; tells of each row whether it was not set."""
    for at in range(len(rows)):
        bit = np.uint8(1 << (rows[at] & 7))
        new[at] = not bits[rows[at] >> 3] & bit
        bits[rows[at] >> 3] |= bit


def place_pairs(
    read: Blocks, nodes: Nodes, scratch: Path, block_bytes: int = BLOCK_BYTES
) -> ExternalSort:
    """All pairs as PLACED, sorted by (late, early); a pair told twice is there twice."""
    addresses, places = nodes.places()
    sorting = ExternalSort(PLACED, ("late", "early"), scratch, block_bytes=block_bytes)
    for pairs in read():
        a, b = (places[np.searchsorted(addresses, pairs[end])] for end in "ab")
        placed = np.empty(len(pairs), PLACED)
        placed["early"], placed["late"] = np.minimum(a, b), np.maximum(a, b)
        placed["shared"], placed["united"] = pairs["shared"], pairs["united"]
        sorting.add(placed)
    return sorting


def _nodes(pairs: Rows) -> Rows:
    """Each document of these pairs once, sorted by address."""
    nodes = np.empty(2 * len(pairs), node_type(pairs.dtype["a_rank"].shape[0]))
    for end, half in (("a", slice(None, len(pairs))), ("b", slice(len(pairs), None))):
        nodes["address"][half] = pairs[end]
        nodes["rank"][half] = pairs[f"{end}_rank"]
        nodes["id"][half] = pairs[f"{end}_id"]
    _, first = np.unique(nodes["address"], return_index=True)
    return nodes.take(first)
