"""Phone numbers with a country's code, as ITU-T E.164 has them."""

from typing import Any

import numpy as np
from numba import njit

from haybale.quality.sensitive.digit_groups import DOT, OPEN
from haybale.quality.sensitive.phone_national import is_north_american

MAX_E164_DIGITS = 15
"""ITU-T E.164, section 6: country code and national number together."""

COUNTRY_CODES = (
    "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 "
    "64 65 66 81 82 84 86 90 91 92 93 94 95 98 211 212 213 216 218 220-269 290 291 297-299 350-359 "
    "370-389 420 421 423 500-509 590-599 670 672-683 685-692 800 808 850 852 853 855 856 870 878 "
    "880-883 886 888 960-968 970-977 979 992-996 998"
)
"""Assigned by ITU-T (E.164, list of assigned country codes); spare ones within ranges included."""

LONGEST = {1: 11, 7: 11, 31: 11, 33: 11, 34: 11, 45: 10, 47: 10, 48: 11, 55: 13, 61: 11, 65: 10}
"""Digits with the country's code, where a country's numbers have one length."""


def _codes() -> Any:
    """int64[1000]: the most digits of a number with each country code; 0: no code."""
    longest = np.zeros(1000, np.int64)
    for item in COUNTRY_CODES.split():
        first, _, last = item.partition("-")
        for code in range(int(first), int(last or first) + 1):
            longest[code] = LONGEST.get(code, MAX_E164_DIGITS)
    return longest


_LONGEST = _codes()


@njit(nogil=True)  # type: ignore[untyped-decorator]
def end_international(groups: Any, num_groups: int, prefix: int) -> int:
    """The last group of a number with a country's code after so many digits; -1: none."""
    _, _, marks, ends, digits = groups
    code = 0
    for length in range(1, 4):
        if prefix + length > ends[num_groups - 1]:
            return -1
        code = code * 10 + digits[prefix + length - 1]
        if code == 0:
            return -1
        if _LONGEST[code]:
            break
    if _LONGEST[code] == 0 or (prefix and ends[0] != prefix and ends[0] < prefix + length):
        return -1  # a first group ends with 00 or with the code, if not behind it
    trunk, last = 0, -1  # trunk: the zero in +44 (0)20, which is no digit of the number
    for group in range(num_groups):
        size = ends[group] - (ends[group - 1] if group else 0)
        if group and size == 1 and marks[group] & OPEN and digits[ends[group] - 1] == 0:
            trunk = 1
        if ends[group] - prefix - trunk > _LONGEST[code]:
            break
        last = group
    total = ends[last] - prefix - trunk if last >= 0 else 0
    if total < 8 or (last == 0 and total < 10):
        return -1
    if code == 1:
        return last if total == 11 and is_north_american(digits, prefix + 1) else -1
    return last


@njit(nogil=True)  # type: ignore[untyped-decorator]
def is_dump(marks: Any, ends: Any, last: int) -> bool:
    """Whether groups are bytes or code points, all of two or four digits, or decimals."""
    twos, fours = True, True
    for group in range(last + 1):
        twos &= ends[group] == 2 * (group + 1)
        fours &= ends[group] == 4 * (group + 1)
        if marks[group] & DOT:
            return True
    return twos or fours
