"""Verification: the similarity of candidate pairs, from sets of shingles or from signatures."""

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from haybale.corpus.digests import UInt64s

Int64s = npt.NDArray[np.int64]
UInt32s = npt.NDArray[np.uint32]


@njit(cache=True)  # type: ignore[untyped-decorator]
def shared_shingles(hashes: Any, starts: Any, left: Any, right: Any) -> Any:
    """Sizes of the intersections of pairs of sets.

    Args:
        hashes: uint64[...]: of all sets, each sorted and distinct.
        starts: int64[sets + 1]: set i is hashes[starts[i]:starts[i + 1]].
        left: int64[pairs]: sets.
        right: int64[pairs]: sets.

    Returns:
        int64[pairs].
    """
    out = np.zeros(len(left), np.int64)
    for pair in range(len(left)):
        i, i_stop = starts[left[pair]], starts[left[pair] + 1]
        j, j_stop = starts[right[pair]], starts[right[pair] + 1]
        count = 0
        while i < i_stop and j < j_stop:
            if hashes[i] == hashes[j]:
                count += 1
                i += 1
                j += 1
            elif hashes[i] < hashes[j]:
                i += 1
            else:
                j += 1
        out[pair] = count
    return out


def jaccard(sets: list[UInt64s], left: Int64s, right: Int64s) -> tuple[Int64s, Int64s]:
    """Jaccard similarities of pairs of sets, exact up to collisions of 64-bit hashes.

    Args:
        sets: Sorted, distinct shingle hashes.
        left: int64[pairs]: places in `sets`.
        right: int64[pairs]: places in `sets`.

    Returns:
        int64[pairs] shared shingles, int64[pairs] of both together.
    """
    lengths = np.array([len(each) for each in sets], np.int64)
    starts = np.r_[0, np.cumsum(lengths)].astype(np.int64)
    hashes = np.concatenate(sets) if sets else np.empty(0, np.uint64)
    shared = shared_shingles(hashes, starts, left, right)
    return shared, lengths[left] + lengths[right] - shared


def estimated_jaccard(signatures: UInt32s, left: Int64s, right: Int64s) -> tuple[Int64s, Int64s]:
    """Jaccard similarities as MinHash estimates them: the share of equal values.

    Its standard error is sqrt(s (1 - s) / hashes): 0.035 at 0.8 with 128 (Broder 1997).

    Args:
        signatures: uint32[documents, hashes].
        left: int64[pairs]: rows of `signatures`.
        right: int64[pairs]: rows of `signatures`.

    Returns:
        int64[pairs] equal values, int64[pairs] values.
    """
    equal = (signatures[left] == signatures[right]).sum(axis=1)
    return equal.astype(np.int64), np.full(len(left), signatures.shape[1], np.int64)


def cut_blocks(sizes: Int64s, block_bytes: int) -> list[slice]:
    """Cut pairs, or documents, into runs that take about so many bytes.

    Args:
        sizes: int64[pairs]: bytes that each takes where it is compared, such as both its sets.
        block_bytes: Of a run, which is longer by less than its last pair.

    Returns:
        Slices of `sizes`, one after another, each of at least one pair; of none, one empty slice.
    """
    blocks = (np.cumsum(sizes) - sizes) // block_bytes
    starts = [0, *(np.flatnonzero(np.diff(blocks)) + 1).tolist(), len(sizes)]
    return [slice(start, stop) for start, stop in itertools.pairwise(starts)]
