"""Tokens that terms are made of."""

import unicodedata
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from haybale.quality.characters import TABLE_SIZE, class_of, decode, mix

JOINTS = " -'’‐‑\u00a0"
"""What may stand between the tokens of a phrase, one of them."""
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")

TOKEN, SINGLE, JOINT, BEGINNING = 1, 2, 4, 8
"""Bits of a code point: of a token, a token alone, a joint; some term wanted begins with it."""
_FNV_OFFSET, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
FILTER_BITS = 16
"""Of a token's hash, by which most tokens that begin no term are passed over."""


@cache
def term_classes() -> npt.NDArray[np.uint8]:
    """uint8[TABLE_SIZE]: bits of each code point; BEGINNING of none, which depends on the terms."""
    table = np.zeros(TABLE_SIZE, np.uint8)
    for point in range(TABLE_SIZE):
        char = chr(point)
        if char.isalnum() or unicodedata.category(char)[0] == "M":
            unspaced = unicodedata.name(char, "").startswith(_UNSPACED)
            table[point] = SINGLE if unspaced else TOKEN
    for char in JOINTS:
        table[ord(char)] = JOINT
    return table


@njit(nogil=True)  # type: ignore[untyped-decorator]
def read_token(data: Any, at: int, high: int, classes: Any, lower: Any) -> tuple[Any, int]:
    """Hash of the token that begins at a byte, and the byte behind it; the byte itself: none."""
    state, first = _FNV_OFFSET, at
    while at < high and data[at] < 0x80 and classes[data[at]] & TOKEN:
        state = (state ^ np.uint64(lower[data[at]])) * _FNV_PRIME
        at += 1
    while at < high:
        point, width = decode(data, at)
        kind = class_of(classes, point)
        if not kind & (TOKEN | SINGLE) or (kind & SINGLE and at > first):
            break
        if point < TABLE_SIZE:
            point = np.int64(lower[point])
        state = (state ^ np.uint64(point)) * _FNV_PRIME
        at += width
        if kind & SINGLE:
            break
    return mix(state) | np.uint64(1), at  # never 0, which is a free place


@njit(nogil=True)  # type: ignore[untyped-decorator]
def skip_token(data: Any, at: int, high: int, classes: Any) -> int:
    """The byte behind the token within which a byte stands."""
    while at < high:
        point, width = decode(data, at)
        if not class_of(classes, point) & TOKEN:
            break
        at += width
    return at


@njit(nogil=True)  # type: ignore[untyped-decorator]
def read_joint(data: Any, at: int, high: int, classes: Any) -> int:
    """The byte behind one joint; the byte itself where there is none."""
    if at < high:
        point, width = decode(data, at)
        if class_of(classes, point) & JOINT:
            return int(at + width)
    return at


@njit(inline="always")  # type: ignore[untyped-decorator]
def joined(state: Any, token: Any, has_joint: bool) -> Any:
    """Hash of some tokens and one more, with or without a joint between."""
    joint = np.uint64(2) if has_joint else np.uint64(0)
    return mix(state * np.uint64(0x9E3779B97F4A7C15) + token + joint) | np.uint64(1)
