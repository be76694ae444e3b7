"""A shuffled order of any length that needs no table: which element comes at which position.

A keyed Feistel network is a bijection of the numbers of b bits. Applied again while its output is
not below the length ("cycle walking"; Black and Rogaway 2002, "Ciphers with arbitrary finite
domains", section 3), it is a bijection of exactly the wanted length. Any position costs the same,
nothing is stored, and the inverse tells at which position an element comes.
"""

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s, derive_seed, mix64

NUM_ROUNDS = 8
"""Four rounds with ideal round functions pass for a random permutation (Luby and Rackoff 1988,
"How to construct pseudorandom permutations from pseudorandom functions"); short halves want more.
"""

MIN_BITS = 6
"""Halves of fewer than three bits reach too few permutations; a tiny length walks instead."""

MAX_LENGTH = 1 << 62
Positions = npt.NDArray[np.int64]


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
        self._low_bits = np.uint64(num_bits // 2)
        self._low_mask = np.uint64((1 << (num_bits // 2)) - 1)
        self._high_mask = np.uint64((1 << (num_bits - num_bits // 2)) - 1)
        self._keys = [np.uint64(derive_seed(key, "round", number)) for number in range(NUM_ROUNDS)]

    def forward(self, positions: npt.ArrayLike) -> Positions:
        """The elements at these positions: int64 of any shape to int64 of the same shape.

        Raises:
            IndexError: If a position is not in [0, length).
        """
        return self._walk(positions, range(NUM_ROUNDS))

    def inverse(self, elements: npt.ArrayLike) -> Positions:
        """The positions at which these elements come; see `forward`."""
        return self._walk(elements, range(NUM_ROUNDS - 1, -1, -1))

    def _walk(self, numbers: npt.ArrayLike, rounds: range) -> Positions:
        given = np.asarray(numbers, np.int64)
        if given.size and not (given.min() >= 0 and given.max() < self.length):
            raise IndexError(f"expected positions in [0, {self.length})")
        walked = self._network(given.astype(np.uint64).ravel(), rounds)
        (outside,) = np.nonzero(walked >= np.uint64(self.length))
        while outside.size:
            stepped = self._network(walked[outside], rounds)
            walked[outside] = stepped
            outside = outside[stepped >= np.uint64(self.length)]
        return walked.astype(np.int64).reshape(given.shape)

    def _network(self, numbers: UInt64s, rounds: range) -> UInt64s:
        """All rounds once; each changes one half by the other, so backwards it undoes itself."""
        low, high = numbers & self._low_mask, numbers >> self._low_bits
        for number in rounds:
            if number % 2:
                low = low ^ (mix64(high ^ self._keys[number]) & self._low_mask)
            else:
                high = high ^ (mix64(low ^ self._keys[number]) & self._high_mask)
        return low | (high << self._low_bits)
