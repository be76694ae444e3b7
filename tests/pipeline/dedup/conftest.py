"""The definitions of normal form, shingles and their hashes again, in plain Python."""

import unicodedata
from collections.abc import Callable

import pytest

_MASK = (1 << 64) - 1
_BASE = 0x9E3779B97F4A7C15

Split = Callable[..., list[str]]


def words_of(text: str) -> list[str]:
    """White-space runs, lower-cased, with punctuation and symbols taken out; empty ones vanish."""
    kept = (
        "".join(lower(char) for char in run if unicodedata.category(char)[0] not in "PS")
        for run in text.split()
    )
    return [word for word in kept if word]


def lower(char: str) -> str:
    return char.lower() if len(char.lower()) == 1 else char


def shingles_of(text: str, length: int, kind: str = "words") -> list[str]:
    """Runs of words joined by spaces, or runs of characters of all words joined by spaces."""
    words = words_of(text)
    if not words:
        return []
    if kind == "characters":
        joined = " ".join(words)
        return [joined[at : at + length] for at in range(max(1, len(joined) - length + 1))]
    return [" ".join(words[at : at + length]) for at in range(max(1, len(words) - length + 1))]


def mix(state: int) -> int:
    """SplitMix64's finalizer."""
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return state ^ (state >> 31)


def hash_of_word(word: str) -> int:
    """From the length on, mixed with eight bytes at a time, the last ones filled up with zeros."""
    data = word.encode()
    state = len(data) * _BASE & _MASK
    for at in range(0, len(data), 8):
        state = mix(state ^ int.from_bytes(data[at : at + 8], "little"))
    return state


def hash_of(shingle: str, kind: str = "words") -> int:
    """sum(hash * base^k) mod 2^64 over its words or characters, mixed."""
    state = 0
    for part in shingle.split(" ") if kind == "words" else shingle:
        value = hash_of_word(part) if kind == "words" else ord(part) + 1
        state = (state * _BASE + value) & _MASK
    return mix(state)


@pytest.fixture
def normal_form() -> Callable[[str], str]:
    return lambda text: " ".join(words_of(text))


@pytest.fixture
def shingles() -> Split:
    return shingles_of


@pytest.fixture
def shingle_hash() -> Callable[..., int]:
    return hash_of


@pytest.fixture
def jaccard() -> Callable[[str, str, int], float]:
    def measure(left: str, right: str, length: int, kind: str = "words") -> float:
        one = set(shingles_of(left, length, kind))
        other = set(shingles_of(right, length, kind))
        return len(one & other) / len(one | other)

    return measure
