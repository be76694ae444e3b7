"""Sorting by 128-bit keys. Mostly the first 64 bits decide, and sorting by these alone is fast."""

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s
from haybale.pipeline.shuffle import run_starts

Int64s = npt.NDArray[np.int64]


def order_by_key(keys: UInt64s, *, stable: bool) -> Int64s:
    """The order that sorts rows by key.

    Args:
        keys: uint64[rows, 2].
        stable: Whether rows of the same key stay in their order; else they are in any.
    """
    order = np.argsort(keys[:, 0])
    first, second = keys[order, 0], keys[order, 1]
    starts = run_starts(first)
    sizes = np.diff(np.r_[starts, len(order)])
    unsettled = sizes > 1
    if len(order) and not stable:
        unsettled = np.logical_or.reduceat(second != np.repeat(second[starts], sizes), starts)
    places = np.flatnonzero(np.repeat(unsettled, sizes))
    some = order[places]
    order[places] = some[np.lexsort((some, second[places], first[places]))]
    return order


def runs_of_keys(keys: UInt64s) -> tuple[Int64s, Int64s]:
    """Where runs of equal keys begin in sorted ones, and how long they are."""
    starts = run_starts(keys[:, 0], keys[:, 1])
    return starts, np.diff(np.r_[starts, len(keys)])
