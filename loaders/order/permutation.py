"""A shuffled order of any length that needs no table: which element comes at which position.

A keyed Feistel network is a bijection of the numbers of b bits. Applied again while its output is
not below the length ("cycle walking"; Black and Rogaway 2002, "Ciphers with arbitrary finite
domains", section 3), it is a bijection of exactly the wanted length. Any position costs the same,
nothing is stored, and the inverse tells at which position an element comes.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from haybale.corpus.digests import derive_seed

NUM_ROUNDS = 8
"""Four rounds with ideal round functions pass for a random permutation (Luby and Rackoff 1988,
"How to construct pseudorandom permutations from pseudorandom functions"); short halves want more.
"""

MIN_BITS = 6
"""Halves of fewer than three bits reach too few permutations; a tiny length walks instead."""

MAX_LENGTH = 1 << 62
Int64s = npt.NDArray[np.int64]

_NUMBERS = types.Array(types.int64, 1, "C", readonly=True)
_KEYS = types.Array(types.uint64, 1, "C", readonly=True)
_WALKED = types.Array(types.int64, 1, "C")
_WALK = types.boolean(_NUMBERS, types.uint64, types.uint64, types.uint64, _KEYS, _WALKED)


def order_key(seed: int, source: str, epoch: int, level: str = "samples") -> int:
    """The key of one order, hashed so that no two epochs, sources or seeds share one.

    Args:
        seed: The dataset's seed.
        source: Name of the subset.
        epoch: How often the source was passed through before.
        level: What is put in order.
    """
    return derive_seed(seed, "order", level, source, epoch)


class Permutation:
    """A pseudorandom permutation of 0 ... length - 1.

    Args:
        length: Up to `MAX_LENGTH`.
        key: From `order_key`.
    """

    def __init__(self, length: int, key: int) -> None:
        if not 0 <= length <= MAX_LENGTH:
            raise ValueError(f"expected a length in [0, 2**62], found {length}")
        self.length = length
        num_bits = max(MIN_BITS, (length - 1).bit_length())
        self._low_bits, self._high_bits = num_bits // 2, num_bits - num_bits // 2
        keys = [derive_seed(key, "round", number) for number in range(NUM_ROUNDS)]
        self._keys = np.array(keys, np.uint64)

    def forward(self, positions: npt.ArrayLike) -> Int64s:
        """The elements at these positions: int64 of any shape to int64 of the same shape.

        Raises:
            IndexError: If a position is not in [0, length).
        """
        return self._walk(_walk_forward, positions)

    def inverse(self, elements: npt.ArrayLike) -> Int64s:
        """The positions at which these elements come; see `forward`."""
        return self._walk(_walk_back, elements)

    def _walk(self, kernel: Any, numbers: npt.ArrayLike) -> Int64s:
        given = np.ascontiguousarray(numbers, np.int64)
        walked = np.empty(given.size, np.int64)
        bits = self._low_bits, self._high_bits
        if not kernel(given.reshape(-1), self.length, *bits, self._keys, walked):
            raise IndexError(f"expected positions in [0, {self.length})")
        return walked.reshape(np.shape(numbers))


@lru_cache(maxsize=1024)
def permutation(length: int, key: int) -> Permutation:
    """The same as `Permutation(length, key)`, kept for the next call: its keys take hashing."""
    return Permutation(length, key)


@njit(inline="always")  # type: ignore[untyped-decorator]
def _mix(value: Any) -> Any:
    """`haybale.corpus.digests.mix64` of one number."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(inline="always")  # type: ignore[untyped-decorator]
def _mask(num_bits: Any) -> Any:
    return (np.uint64(1) << num_bits) - np.uint64(1)


@njit(_WALK, cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _walk_forward(
    numbers: Any, length: Any, low_bits: Any, high_bits: Any, keys: Any, walked: Any
) -> bool:
    """Send each number through the network until it is below the length; False if one is not."""
    low_mask, high_mask = _mask(low_bits), _mask(high_bits)
    for at in range(len(numbers)):
        number = np.uint64(numbers[at])  # a negative one becomes larger than any length
        if number >= length:
            return False
        while True:
            low, high = number & low_mask, number >> low_bits
            for pair in range(0, NUM_ROUNDS, 2):  # each round changes one half by the other
                high ^= _mix(low ^ keys[pair]) & high_mask
                low ^= _mix(high ^ keys[pair + 1]) & low_mask
            number = low | (high << low_bits)
            if number < length:
                break
        walked[at] = np.int64(number)
    return True


@njit(_WALK, cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _walk_back(
    numbers: Any, length: Any, low_bits: Any, high_bits: Any, keys: Any, walked: Any
) -> bool:
    """The same with the rounds in reverse, each of which undoes itself."""
    low_mask, high_mask = _mask(low_bits), _mask(high_bits)
    for at in range(len(numbers)):
        number = np.uint64(numbers[at])
        if number >= length:
            return False
        while True:
            low, high = number & low_mask, number >> low_bits
            for pair in range(NUM_ROUNDS - 2, -1, -2):
                low ^= _mix(high ^ keys[pair + 1]) & low_mask
                high ^= _mix(low ^ keys[pair]) & high_mask
            number = low | (high << low_bits)
            if number < length:
                break
        walked[at] = np.int64(number)
    return True
