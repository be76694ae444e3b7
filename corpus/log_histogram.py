"""Histograms of sizes in logarithmic buckets: exact counts, bounds right to 3.1 %, mergeable.

Below 64 every number has a bucket of its own. From there on each doubling is cut into 32 buckets of
equal width, so a bucket is never wider than 1/32 of its lower bound. A histogram is a mapping of
bucket to count; merging is addition, so any order and grouping gives the same one. All arithmetic
is of integers. The layout is that of the HDR histogram (Tene, hdrhistogram.org) with 6 bits.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import ceil

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]

SUB_BUCKETS = 32
"""Buckets for each doubling."""
_SUB_BITS = 5
_NUM_EXACT = 2 * SUB_BUCKETS
NUM_BUCKETS = _NUM_EXACT + (63 - _SUB_BITS - 1) * SUB_BUCKETS
"""What int64 numbers need."""


def bucket_numbers(values: Int64s) -> Int64s:
    """The bucket of each number.

    Args:
        values: int64[n], none below 0.

    Returns:
        int64[n], from 0 to NUM_BUCKETS - 1.

    Raises:
        ValueError: If a number is negative.
    """
    if len(values) and values.min() < 0:
        raise ValueError(f"expected sizes of at least 0, found {values.min()}")
    shifts = np.maximum(bit_lengths(values) - (_SUB_BITS + 1), 0)
    numbers: Int64s = shifts * SUB_BUCKETS + (values >> shifts)
    return numbers


def bucket_bounds(bucket: int) -> tuple[int, int]:
    """The smallest number of a bucket, and the smallest above it."""
    if bucket < _NUM_EXACT:
        return bucket, bucket + 1
    shift, place = divmod(bucket - SUB_BUCKETS, SUB_BUCKETS)
    return (SUB_BUCKETS + place) << shift, (SUB_BUCKETS + place + 1) << shift


def count_buckets(values: Int64s) -> Int64s:
    """How many numbers are in each bucket: int64[NUM_BUCKETS]; arrays of this kind add."""
    return np.bincount(bucket_numbers(values), minlength=NUM_BUCKETS).astype(np.int64)


def histogram(counts: Int64s) -> dict[int, int]:
    """Bucket to count, without empty buckets, of an array from `count_buckets`."""
    return {int(bucket): int(counts[bucket]) for bucket in np.flatnonzero(counts)}


def merge(histograms: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """The sum of histograms, sorted by bucket."""
    total: Counter[int] = Counter()
    for counts in histograms:
        total.update(counts)
    return dict(sorted(total.items()))


def quantile(counts: Mapping[int, int], fraction: float) -> tuple[int, int] | None:
    """Where a quantile is: the smallest number that at least this fraction is not above.

    Args:
        counts: Bucket to count.
        fraction: Above 0, at most 1; 0.5 is the median. Taken as it is written in decimals.

    Returns:
        The smallest and the largest number that it can be; null where nothing was counted.
    """
    rank = ceil(Fraction(str(fraction)) * sum(counts.values()))
    passed = 0
    for bucket in sorted(counts):
        passed += counts[bucket]
        if passed and passed >= rank:
            low, high = bucket_bounds(bucket)
            return low, high - 1
    return None


def bit_lengths(values: npt.NDArray[np.int64] | npt.NDArray[np.uint64]) -> Int64s:
    """int64[n]: binary digits of each number of at least 0; 0 has none."""
    rest, lengths = values.copy(), np.zeros(len(values), np.int64)
    for step in (32, 16, 8, 4, 2, 1):
        above = rest >> rest.dtype.type(step)
        large = above > 0
        lengths += step * large
        rest = np.where(large, above, rest)
    return lengths + (rest > 0)
