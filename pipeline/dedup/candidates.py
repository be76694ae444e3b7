"""Candidate pairs: documents that share a band of their signatures."""

import numpy as np
import numpy.typing as npt

from haybale.pipeline.dedup.rows import PAIR, Rows
from haybale.pipeline.rows.row_order import row_order, take_sorted
from haybale.pipeline.shuffle import run_starts

MAX_BUCKET = 64
"""In a larger bucket not all pairs are made: each document pairs with the NUM_HUBS that the policy
prefers."""
NUM_HUBS = 8


def bucket_pairs(rows: Rows) -> tuple[Rows, int]:
    """All pairs within each bucket, or with its hubs where it is large.

    Args:
        rows: BAND of `band_type`, in any order, all rows of any key among them.

    Returns:
        PAIR, distinct and sorted; the number of large buckets, whose pairs were limited.
    """
    rows = _shared(rows)
    starts = run_starts(rows["key"])
    sizes = np.diff(np.r_[starts, len(rows)])
    large = np.flatnonzero(np.repeat(sizes > MAX_BUCKET, sizes))
    if len(large):  # only there does it matter who is first
        hubs_first = rows.take(large)
        order = [hubs_first["key"], *hubs_first["order"].T, hubs_first["address"]]
        rows[large] = take_sorted(hubs_first, order)
    left, right = [], []
    for size in np.unique(sizes[sizes > 1]):
        # Buckets of one size at a time: the pattern of pairs is the same for all of them.
        first, second = _pattern(int(size))
        places = starts[sizes == size][:, None]
        left.append(rows["address"][places + first].reshape(-1))
        right.append(rows["address"][places + second].reshape(-1))
    num_limited = int((sizes > MAX_BUCKET).sum())
    return distinct_pairs(_pairs(left, right)), num_limited


def _shared(rows: Rows) -> Rows:
    """The rows whose key another has too, sorted by key."""
    order = row_order([rows["key"]])
    keys = rows["key"].take(order)
    alone = np.ones(len(rows), np.bool_)
    alone[1:] &= keys[1:] != keys[:-1]
    alone[:-1] &= keys[:-1] != keys[1:]
    return rows.take(order[~alone])


def _pattern(size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Which members of a bucket pair with which, as places within it."""
    first, second = np.triu_indices(min(size, MAX_BUCKET if size <= MAX_BUCKET else NUM_HUBS), 1)
    if size > MAX_BUCKET:
        others = np.arange(NUM_HUBS, size)
        first = np.r_[first, np.repeat(np.arange(NUM_HUBS), len(others))]
        second = np.r_[second, np.tile(others, NUM_HUBS)]
    return first, second


def _pairs(left: list[npt.NDArray[np.uint64]], right: list[npt.NDArray[np.uint64]]) -> Rows:
    pairs = np.empty(sum(map(len, left)), PAIR)
    if len(pairs):
        one, other = np.concatenate(left), np.concatenate(right)
        pairs["a"], pairs["b"] = np.minimum(one, other), np.maximum(one, other)
    return pairs


def distinct_pairs(pairs: Rows) -> Rows:
    """Each pair once, sorted."""
    pairs = take_sorted(pairs, [pairs["a"], pairs["b"]])
    return pairs[run_starts(pairs["a"], pairs["b"])]
