"""Numbers that look like those of payment cards: issuer's prefix, length and check digit agree."""

from typing import Any

import numpy as np
from numba import njit

from haybale.quality.sensitive.context import THING, VERSION, nearest_context
from haybale.quality.sensitive.digit_groups import (
    DASH,
    SPACE,
    follows_digits,
    number_may_begin,
    number_may_end,
)

ISSUERS = (
    ("American Express", 34, 34, (15,)),
    ("American Express", 37, 37, (15,)),
    ("Diners Club", 300, 305, (14,)),
    ("Diners Club", 36, 36, (14,)),
    ("Diners Club", 38, 39, (14, 16)),
    ("Discover", 6011, 6011, (16, 19)),
    ("Discover", 644, 649, (16, 19)),
    ("Discover", 65, 65, (16, 19)),
    ("JCB", 3528, 3589, (16,)),
    ("Mastercard", 51, 55, (16,)),
    ("Mastercard", 2221, 2720, (16,)),
    ("UnionPay", 62, 62, (16, 19)),
    ("Visa", 4, 4, (16, 19)),
)
"""Name, first and last prefix, lengths in use (ISO/IEC 7812 and the issuers' own ranges). Visa's
old cards of 13 digits are left out: they look like product codes (EAN-13) and times."""


def _prefixes() -> Any:
    """int64[...]: bits of the lengths (14 to 19) that are in use for each prefix of four digits."""
    lengths = np.zeros(10_000, np.int64)
    for _, first, last, sizes in ISSUERS:
        scale = 10 ** (4 - len(str(first)))
        for size in sizes:
            lengths[first * scale : (last + 1) * scale] |= 1 << (size - 14)
    return lengths


_LENGTHS = _prefixes()


@njit(nogil=True)  # type: ignore[untyped-decorator]
def match_card(
    data: Any, low: int, high: int, groups: Any, num_groups: int, words: Any
) -> tuple[int, int]:
    """The card number that a number's first groups are; -1, -1 where they are none.

    Digits stand together or in the groups that are printed on cards: 4-4-4-4, 4-4-4-4-3, 4-6-5 and
    4-6-4, with a space or a hyphen between all. One in ten numbers of the right prefix and length
    has the right check digit by chance; a word such as "order" before the number rules it out.

    Args:
        data: uint8[...]: UTF-8.
        low: First byte of the text.
        high: Byte behind it.
        groups: DigitGroups.
        num_groups: How many there are.
        words: ContextWords.
    """
    starts, stops, marks, ends, digits = groups
    if ends[num_groups - 1] < 14 or not number_may_begin(data, low, starts[0]):
        return -1, -1
    last = _printed(marks, ends, num_groups)
    if last < 0 or not number_may_end(data, high, stops[last]):
        return -1, -1
    if starts[0] > low and data[starts[0] - 1] == 0x3D:  # = of a parameter
        return -1, -1
    if last > 0 and marks[1] == SPACE and follows_digits(data, low, starts[0]):
        return -1, -1
    if last + 1 < num_groups and ends[last + 1] - ends[last] > 3:  # no code of three digits
        return -1, -1
    length = ends[last]
    if length < 14 or length > 19:
        return -1, -1
    prefix = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3]
    if not (_LENGTHS[prefix] >> (length - 14)) & 1 or not _passes_luhn(digits, length):
        return -1, -1
    context = nearest_context(data, low, starts[0], words)
    if context in (THING, VERSION):
        return -1, -1
    return starts[0], stops[last]


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _printed(marks: Any, ends: Any, num_groups: int) -> int:
    """The last group of a card number; -1 where the groups are no card's."""
    if ends[0] >= 14:
        return 0
    if num_groups < 3 or ends[0] != 4 or (marks[1] != SPACE and marks[1] != DASH):
        return -1
    if marks[2] != marks[1]:
        return -1
    if ends[1] == 10:
        return 2 if ends[2] == 15 or ends[2] == 14 else -1
    if num_groups < 4 or ends[1] != 8 or ends[2] != 12 or ends[3] != 16 or marks[3] != marks[1]:
        return -1
    return 4 if num_groups > 4 and ends[4] == 19 and marks[4] == marks[1] else 3


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _passes_luhn(digits: Any, length: int) -> bool:
    """Whether the check digit is right (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place in range(length):
        digit = digits[length - 1 - place]
        if place & 1:
            digit *= 2
            if digit > 9:
                digit -= 9
        total += digit
    return total % 10 == 0
