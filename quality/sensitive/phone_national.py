"""Phone numbers without a country's code: forms that show what they are, and those named so."""

from typing import Any

import numpy as np
from numba import njit

from haybale.quality.sensitive.digit_groups import CLOSE, DASH, DOT, OPEN, SLASH, SPACE


@njit(nogil=True)  # type: ignore[untyped-decorator]
def is_north_american(digits: Any, at: int) -> bool:
    """Whether ten digits are a number of the North American Numbering Plan.

    Area and exchange codes begin with 2 to 9 and do not end with 11; the numbers that are kept for
    fiction, 555-0100 to 555-0199, are nobody's.
    """
    area, exchange = digits[at], digits[at + 3]
    if area < 2 or exchange < 2 or digits[at + 1] == 9:
        return False
    if digits[at + 1] == 1 and digits[at + 2] == 1:
        return False
    if digits[at + 4] == 1 and digits[at + 5] == 1:
        return False
    fiction = digits[at + 3] == 5 and digits[at + 4] == 5 and digits[at + 5] == 5
    return not (fiction and digits[at + 6] == 0 and digits[at + 7] == 1)


@njit(nogil=True)  # type: ignore[untyped-decorator]
def end_north_american(groups: Any, num_groups: int, opened: bool) -> int:
    """The last group of 3-3-4 with or without a 1 before it, marked as phone numbers are."""
    _, _, marks, ends, digits = groups
    first = 1 if ends[0] == 1 and digits[0] == 1 else 0
    if num_groups < first + 3:
        return -1
    if ends[first] != first + 3 or ends[first + 1] != first + 6 or ends[first + 2] != first + 10:
        return -1
    one, two = marks[first + 1], marks[first + 2]
    in_brackets = (opened or marks[first] & OPEN) and one & CLOSE
    if not in_brackets and (one & (OPEN | CLOSE) or (one == SPACE and two == SPACE)):
        return -1
    if not in_brackets and one != two and two != DASH:
        return -1
    return first + 2 if is_north_american(digits, first) else -1


@njit(nogil=True)  # type: ignore[untyped-decorator]
def end_national(groups: Any, num_groups: int, opened: bool) -> Any:
    """The last group of a national form outside North America that shows what it is; -1: none."""
    _, _, marks, ends, digits = groups
    if num_groups < 2:
        return -1
    sizes = np.zeros(6, np.int64)
    for group in range(min(num_groups, 6)):
        sizes[group] = ends[group] - (ends[group - 1] if group else 0)
    mark = marks[1]
    if opened and mark & CLOSE:  # an area code in parentheses
        if digits[0] == 0 and digits[1] > 0 and 2 <= sizes[0] <= 5:
            return _last_within(marks, ends, num_groups, 9, 11)
        brazilian = sizes[0] == 2 and (sizes[1] == 4 or sizes[1] == 5) and sizes[2] == 4
        return 2 if brazilian and num_groups > 2 and marks[2] == DASH else -1
    if (
        num_groups >= 5 and sizes[0] == 1 and (digits[0] == 8 or digits[0] == 7)
    ):  # 8 (495) 123-45-67
        russian = marks[1] & OPEN and marks[2] & CLOSE and sizes[1] == 3 and sizes[2] == 3
        return 4 if russian and sizes[3] == 2 and sizes[4] == 2 else -1
    if digits[0] != 0 or digits[1] == 0 or num_groups < 2:
        return -1
    if num_groups >= 5 and sizes[0] == 2:  # 01 23 45 67 89
        if num_groups > 5 and sizes[5] == 2 and marks[5] == mark:
            return -1  # pairs go on: a dump of bytes
        for group in range(1, 5):
            if sizes[group] != 2 or marks[group] != mark:
                return -1
        step = _pair(digits, 1) - _pair(digits, 0)
        counting = True
        for group in range(1, 5):
            counting &= _pair(digits, group) - _pair(digits, group - 1) == step
        return -1 if counting and step <= 11 else 4
    if num_groups >= 3 and marks[2] == mark:
        if mark == DASH and 2 <= sizes[0] <= 4 and 2 <= sizes[1] <= 4 and sizes[2] == 4:
            return 2 if 10 <= ends[2] <= 11 else -1  # 03-1234-5678
        if mark == SPACE and sizes[0] == 3 and sizes[1] == 4 and sizes[2] == 4:
            return 2  # 020 7946 0018
        if mark == SPACE and sizes[0] == 4 and sizes[1] == 3 and 3 <= sizes[2] <= 4:
            return 2  # 0412 345 678, 0161 496 0000
    if mark == SPACE and sizes[0] == 5 and sizes[1] == 6 and (digits[1] == 7 or digits[1] == 1):
        return 1  # 07911 123456
    return -1


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _pair(digits: Any, which: int) -> Any:
    return digits[2 * which] * 10 + digits[2 * which + 1]


@njit(nogil=True)  # type: ignore[untyped-decorator]
def end_named(groups: Any, num_groups: int) -> Any:
    """The last group of what a word calls a phone number, dates and years left out; -1: none."""
    _, _, marks, ends, digits = groups
    if num_groups >= 2 and marks[1] & (DASH | SLASH | DOT) and _is_date(ends, digits, num_groups):
        return -1
    for group in range(1, num_groups):
        if ends[group] - ends[group - 1] == 1 and ends[group] <= 7:
            return -1  # digits spelled out one by one
    return _last_within(marks, ends, num_groups, 7, 13)


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _is_date(ends: Any, digits: Any, num_groups: int) -> bool:
    """1999-2004, 2023-10-11 and 8-15-2011."""
    if ends[0] == 4 and _is_century(digits, 0):
        return bool(ends[1] == 8 or (num_groups >= 3 and ends[1] <= 6 and ends[2] <= 8))
    short = num_groups >= 3 and ends[0] <= 2 and ends[1] - ends[0] <= 2
    return bool(short and ends[2] - ends[1] == 4 and _is_century(digits, ends[1]))


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _is_century(digits: Any, at: int) -> bool:
    """Whether a year begins here, 19.. or 20..."""
    century = digits[at] * 10 + digits[at + 1]
    return bool(century == 19 or century == 20)


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _last_within(marks: Any, ends: Any, num_groups: int, fewest: int, most: int) -> Any:
    """The last group up to which there are so many digits; -1: none."""
    last = -1
    for group in range(num_groups):
        if fewest <= ends[group] <= most:
            last = group
    return last
