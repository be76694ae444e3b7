"""Code points and their classes, for kernels that walk over UTF-8."""

import unicodedata
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

SPACE, ALPHABETIC, PUNCTUATION = 1, 2, 4
"""Bits of a class. White space as `str.split` takes it; alphabetic as `str.isalpha`; punctuation:
Unicode categories P and S."""

TABLE_SIZE = 0x32400
"""Above lie no letters, spaces or punctuation: unassigned planes, tags and private use."""

BYTES = types.Array(types.uint8, 1, "C", readonly=True)
OFFSETS = types.Array(types.int64, 1, "C", readonly=True)


@cache
def character_classes() -> npt.NDArray[np.uint8]:
    """Class of each code point below TABLE_SIZE, of the Unicode version that Python carries."""
    table = np.zeros(TABLE_SIZE, np.uint8)
    for point in range(TABLE_SIZE):
        char = chr(point)
        if char.isalpha():
            table[point] = ALPHABETIC
        elif char.isspace():
            table[point] = SPACE
        elif unicodedata.category(char)[0] in "PS":
            table[point] = PUNCTUATION
    return table


@cache
def lower_points() -> npt.NDArray[np.int32]:
    """The lower-case code point of each one below TABLE_SIZE, where it is a single one."""
    lower = [chr(point).lower() for point in range(TABLE_SIZE)]
    return np.array(
        [ord(char) if len(char) == 1 else point for point, char in enumerate(lower)], np.int32
    )


@njit(inline="always")  # type: ignore[untyped-decorator]
def decode(data: Any, at: int) -> tuple[Any, Any]:
    """The code point that begins at a byte of valid UTF-8, and its width in bytes."""
    lead = np.int64(data[at])
    if lead < 0x80:
        return lead, np.int64(1)
    second = np.int64(data[at + 1] & 0x3F)
    if lead < 0xE0:
        return ((lead & 0x1F) << 6) | second, np.int64(2)
    third = np.int64(data[at + 2] & 0x3F)
    if lead < 0xF0:
        return ((lead & 0x0F) << 12) | (second << 6) | third, np.int64(3)
    fourth = np.int64(data[at + 3] & 0x3F)
    return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | fourth, np.int64(4)


@njit(inline="always")  # type: ignore[untyped-decorator]
def class_of(classes: Any, point: int) -> Any:
    """The class of any code point."""
    return classes[point] if point < TABLE_SIZE else np.uint8(0)


@njit(types.uint64(types.uint64), cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def mix(value: Any) -> Any:
    """`haybale.corpus.digests.mix64` of one number."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
