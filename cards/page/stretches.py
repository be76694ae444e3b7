"""Buckets put together: for the eye by quarters of doublings, for a table by doublings."""

from collections.abc import Sequence
from math import log2

from haybale.cards.page.numbers import count
from haybale.cards.page.numbers import percent as share

Buckets = Sequence[tuple[int, int, int]]
"""Low, high (outside) and count, rising."""


def stretches(buckets: Buckets) -> list[tuple[int, int, int]]:
    """Buckets from 1 on, put together by quarters of doublings; wider ones as they are."""
    found: list[tuple[int, int, int]] = []
    for low, high, number in buckets:
        if low == 0:
            continue
        first, end = _quarter(low)
        if found and low < found[-1][1]:
            first, last, total = found.pop()
            found.append((first, max(last, high), total + number))
        else:
            found.append((first, max(end, high), number))
    return found


def _quarter(size: int) -> tuple[int, int]:
    """The quarter of a doubling that a size is in; below 4 there are only whole numbers."""
    step = 1 << max(size.bit_length() - 3, 0)
    first = size // step * step
    return first, first + step


def density(stretch: tuple[int, int, int]) -> float:
    """Count per doubling."""
    low, high, number = stretch
    return number / log2(high / low)


def doublings(buckets: Buckets) -> tuple[tuple[str, ...], ...]:
    """Rows of a table: smallest, largest, count, its share, and the share up to here."""
    whole = sum(number for _, _, number in buckets)
    counts: dict[int, int] = {}
    ends: dict[int, int] = {}
    for low, high, number in buckets:
        bits = low.bit_length()
        counts[bits] = counts.get(bits, 0) + number
        ends[bits] = max(2**bits, high)
    rows, passed = [], 0
    for bits, number in sorted(counts.items()):
        passed += number
        low, high = 2**bits // 2, ends[bits] - 1
        parts = (share(part / whole if whole else 0.0) for part in (number, passed))
        rows.append((count(low), count(high), count(number), *parts))
    return tuple(rows)
