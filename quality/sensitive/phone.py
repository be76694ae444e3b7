"""Phone numbers: international ones, and the national forms that show what they are.

Digits in groups are far more often something else than a phone number. A number is taken where its
own shape is a phone's: `+` or `00` and a country's code, an area code in parentheses, North
America's 3-3-4, and some forms of Europe, Asia and Australia with their leading zero. Other groups
of digits are taken only where the nearest telling word before them is one of phones.
"""

from typing import Any

from numba import njit

from haybale.quality.sensitive.context import PHONE, is_digit, nearest_context
from haybale.quality.sensitive.digit_groups import (
    CLOSE,
    OPEN,
    SLASH,
    SPACE,
    follows_digits,
    number_may_begin,
    number_may_end,
)
from haybale.quality.sensitive.phone_international import end_international, is_dump
from haybale.quality.sensitive.phone_national import end_named, end_national, end_north_american


@njit(nogil=True)  # type: ignore[untyped-decorator]
def match_phone(
    data: Any, low: int, high: int, groups: Any, num_groups: int, words: Any
) -> tuple[int, int]:
    """The phone number that a number's first groups are; -1, -1 where they are none.

    Args:
        data: uint8[...]: UTF-8.
        low: First byte of the text.
        high: Byte behind it.
        groups: DigitGroups; what stands before them, `+` or `(`, is looked at too.
        num_groups: How many there are.
        words: ContextWords.
    """
    starts, stops, marks, ends, digits = groups
    start = starts[0]
    opened = start > low and data[start - 1] == 0x28 and _closes(marks, num_groups)
    if opened:
        start -= 1
    international = start > low and data[start - 1] == 0x2B
    if international:
        start -= 1
        if start > low and data[start - 1] == 0x28 and _closes(marks, num_groups):
            start -= 1
    if not number_may_begin(data, low, start):
        return -1, -1
    last = -1
    if international:
        last = end_international(groups, num_groups, 0)
    elif ends[0] >= 2 and digits[0] == 0 and digits[1] == 0 and ends[num_groups - 1] >= 11:
        last = end_international(groups, num_groups, 2)
        if last >= 0 and (last == 0 or ends[last] < 11 or is_dump(marks, ends, last)):
            last = -1
    if last < 0 and not international:
        last = end_north_american(groups, num_groups, opened)
        if last < 0 and not follows_digits(data, low, start):
            last = end_national(groups, num_groups, opened)
        if last >= 0 and nearest_context(data, low, start, words) > PHONE:
            last = -1
    if last < 0 and not international:
        last = end_named(groups, num_groups)
        if last >= 0 and nearest_context(data, low, start, words) != PHONE:
            last = -1
    if last < 0 or not _ends_here(data, high, groups, num_groups, last):
        return -1, -1
    if not _varies(digits, ends[last]):
        return -1, -1
    return start, stops[last]


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _closes(marks: Any, num_groups: int) -> bool:
    """Whether a parenthesis before the number is closed behind its first or second group."""
    return bool(
        (num_groups > 1 and marks[1] & CLOSE and not marks[1] & OPEN)
        or (num_groups > 2 and marks[2] & CLOSE and not marks[1] & OPEN)
    )


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _varies(digits: Any, num_digits: int) -> bool:
    """Whether there are three different digits or more: fewer are masks, binary or fill."""
    seen = 0
    for at in range(num_digits):
        seen |= 1 << digits[at]
    distinct = 0
    while seen:
        distinct += seen & 1
        seen >>= 1
    return distinct >= 3


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _ends_here(data: Any, high: int, groups: Any, num_groups: int, last: int) -> bool:
    """Whether the number ends with this group: a space may stand before more digits."""
    stop = groups.stops[last]
    if stop < high and data[stop] == 0x78:  # x: an extension
        return bool(stop + 1 < high and is_digit(data[stop + 1]))
    if not number_may_end(data, high, stop):
        return False
    return bool(last + 1 >= num_groups or groups.marks[last + 1] & (SPACE | OPEN | CLOSE | SLASH))
