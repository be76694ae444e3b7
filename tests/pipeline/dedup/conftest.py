"""The definitions of words, shingles and their hashes again, in plain Python."""

import unicodedata
from collections.abc import Callable

import pytest

_MASK = (1 << 64) - 1


def words_of(text: str) -> list[str]:
    """White-space runs, lower-cased, with punctuation and symbols taken out; empty ones vanish."""
    kept = (
        "".join(lower(char) for char in run if unicodedata.category(char)[0] not in "PS")
        for run in text.split()
    )
    return [word for word in kept if word]


def lower(char: str) -> str:
    return char.lower() if len(char.lower()) == 1 else char


def shingles_of(text: str, width: int) -> list[str]:
    words = words_of(text)
    if not words:
        return []
    return [" ".join(words[at : at + width]) for at in range(max(1, len(words) - width + 1))]


def hash_of(shingle: str) -> int:
    """sum(fnv1a(word) * base^k) mod 2^64, mixed by SplitMix64's finalizer."""
    state = 0
    for word in shingle.split(" "):
        fnv = 0xCBF29CE484222325
        for char in word:
            fnv = ((fnv ^ ord(char)) * 0x100000001B3) & _MASK
        state = (state * 0x9E3779B97F4A7C15 + fnv) & _MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return state ^ (state >> 31)


@pytest.fixture
def shingles() -> Callable[[str, int], list[str]]:
    return shingles_of


@pytest.fixture
def shingle_hash() -> Callable[[str], int]:
    return hash_of


@pytest.fixture
def jaccard() -> Callable[[str, str, int], float]:
    def measure(left: str, right: str, width: int) -> float:
        one, other = set(shingles_of(left, width)), set(shingles_of(right, width))
        return len(one & other) / len(one | other)

    return measure
