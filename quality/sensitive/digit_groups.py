"""Numbers written in groups, such as 212-555-0199 or 4111 1111 1111 1111."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from haybale.quality.sensitive.context import is_alphanumeric, is_digit

NO_MARK, SPACE, DASH, DOT, SLASH, OPEN, CLOSE = 0, 1, 2, 4, 8, 16, 32
"""Bits of what stands between two groups; each mark at most once."""

MAX_GROUPS, MAX_DIGITS = 8, 20
"""More are no phone or card number: E.164 has 15 digits, ISO/IEC 7812 has 19."""


_HOLDS_BACK, _CARRIES_ON = np.zeros(256, np.bool_), np.zeros(256, np.bool_)
_HOLDS_BACK[[ord(sign) for sign in "_-./#@$%+\\&*^"]] = True
_CARRIES_ON[[ord(sign) for sign in "./,:*+"]] = True


class DigitGroups(NamedTuple):
    """Room for a number's groups, filled anew for each number.

    Attributes:
        starts: int64[MAX_GROUPS]: first byte of each group.
        stops: int64[MAX_GROUPS]: byte behind it.
        marks: int64[MAX_GROUPS]: what stands before it; of the first: nothing.
        ends: int64[MAX_GROUPS]: digits of the number up to the group's end.
        digits: int64[MAX_DIGITS].
    """

    starts: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]
    marks: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    digits: npt.NDArray[np.int64]


def digit_groups() -> DigitGroups:
    """Room for one number."""
    starts, stops, marks, ends = (np.zeros(MAX_GROUPS, np.int64) for _ in range(4))
    return DigitGroups(starts, stops, marks, ends, np.zeros(MAX_DIGITS, np.int64))


@njit(nogil=True)  # type: ignore[untyped-decorator]
def read_groups(data: Any, high: int, at: int, groups: Any) -> int:
    """Read the groups of a number that begins at a digit.

    A group that would make more than MAX_DIGITS digits is left out, and all behind it.

    Args:
        data: uint8[...]: UTF-8.
        high: Byte behind the text.
        at: A digit with no digit before it.
        groups: DigitGroups, overwritten.

    Returns:
        How many groups; 0 where the first alone is too long.
    """
    starts, stops, marks, ends, digits = groups
    count, num_digits, mark = 0, 0, NO_MARK
    while count < MAX_GROUPS:
        first = at
        while at < high and is_digit(data[at]):
            if num_digits == MAX_DIGITS:
                return count
            digits[num_digits] = data[at] - 0x30
            num_digits += 1
            at += 1
        starts[count], stops[count], marks[count] = first, at, mark
        ends[count] = num_digits
        count += 1
        mark = NO_MARK
        while at < high:
            bit, width = _mark(data, high, at)
            if bit == NO_MARK or mark & bit:
                break
            mark |= bit
            at += width
        if mark == NO_MARK or at >= high or not is_digit(data[at]):
            break
    return count


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _mark(data: Any, high: int, at: int) -> tuple[int, int]:
    """The bit of a mark between groups, and its width in bytes."""
    byte = data[at]
    if byte == 0x20:
        return SPACE, 1
    if byte == 0x2D:
        return DASH, 1
    if byte == 0x2E:
        return DOT, 1
    if byte == 0x2F:
        return SLASH, 1
    if byte == 0x28:
        return OPEN, 1
    if byte == 0x29:
        return CLOSE, 1
    if byte == 0xC2 and at + 1 < high and data[at + 1] == 0xA0:
        return SPACE, 2  # no-break space
    if byte == 0xE2 and at + 2 < high and data[at + 1] == 0x80:
        if 0x90 <= data[at + 2] <= 0x93:
            return DASH, 3  # hyphens and en dash, U+2010 to U+2013
        if data[at + 2] == 0xAF:
            return SPACE, 3  # narrow no-break space
    return NO_MARK, 0


@njit(nogil=True)  # type: ignore[untyped-decorator]
def number_may_begin(data: Any, low: int, at: int) -> bool:
    """Whether a number may begin here: not within a word, a longer number, a path or a price."""
    if at == low:
        return True
    byte = data[at - 1]
    if is_alphanumeric(byte):
        return False
    if byte == 0x2C or byte == 0x3A:  # 1,212 and 12:30 go on; a list and a label do not
        return at - 2 < low or not is_digit(data[at - 2])
    return not _HOLDS_BACK[byte]


@njit(nogil=True)  # type: ignore[untyped-decorator]
def number_may_end(data: Any, high: int, stop: int) -> bool:
    """Whether a number may end here: not within a word, a longer number or an address."""
    if stop >= high:
        return True
    byte = data[stop]
    if is_alphanumeric(byte) or byte == 0x5F or byte == 0x40 or byte == 0x25:  # _ @ %
        return False
    if stop + 1 < high and byte == 0x2D and is_alphanumeric(data[stop + 1]):
        return False
    return not (_CARRIES_ON[byte] and stop + 1 < high and is_digit(data[stop + 1]))


@njit(nogil=True)  # type: ignore[untyped-decorator]
def follows_digits(data: Any, low: int, at: int) -> Any:
    """Whether a space and digits stand before: groups from the middle of a longer row."""
    return at - 2 >= low and data[at - 1] == 0x20 and is_digit(data[at - 2])
