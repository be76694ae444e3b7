"""How many different things there are, from 16 kB: HyperLogLog with Ertl's improved estimator.

Each 64-bit hash picks a register by its first bits and leaves there the place of the first one
among the rest, if it is later than what was there. So order and repetition make no difference, and
sketches merge by the larger register.

Flajolet, Fusy, Gandouet and Meunier 2007, "HyperLogLog: the analysis of a near-optimal cardinality
estimation algorithm". The estimate is algorithm 6 of Ertl 2017, "New cardinality estimation
algorithms for HyperLogLog sketches", arXiv 1702.01284: unbiased from 0 upwards, without tables.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from haybale.corpus.log_histogram import bit_lengths

Registers = npt.NDArray[np.uint8]

PRECISION = 14
"""Bits of a hash that pick a register."""
NUM_REGISTERS = 1 << PRECISION
_REST_BITS = 64 - PRECISION
RELATIVE_ERROR = math.sqrt((3 * math.log(2) - 1) / NUM_REGISTERS)
"""Standard error of a large estimate, 0.81 %; small ones are closer. Flajolet et al., theorem 1."""
_TWO_SIDED_95 = 1.959964


class Estimate(NamedTuple):
    """A number of different things, with bounds that hold in 95 of 100 cases."""

    value: int
    low: int
    high: int


class HyperLogLog:
    """A sketch of a set.

    Args:
        registers: uint8[NUM_REGISTERS] of a sketch to go on with; absent: of nothing.

    Attributes:
        registers: uint8[NUM_REGISTERS].
    """

    def __init__(self, registers: Registers | None = None) -> None:
        if registers is not None and registers.shape != (NUM_REGISTERS,):
            raise ValueError(f"expected {NUM_REGISTERS} registers, found shape {registers.shape}")
        empty = np.zeros(NUM_REGISTERS, np.uint8)
        self.registers: Registers = empty if registers is None else registers.copy()

    def add(self, hashes: npt.NDArray[np.uint64]) -> None:
        """Add things by their hashes: uint64[n], uniform over all 64 bits."""
        places = (hashes >> np.uint64(_REST_BITS)).astype(np.int64)
        rest = hashes & np.uint64((1 << _REST_BITS) - 1)
        ranks = (_REST_BITS + 1 - bit_lengths(rest)).astype(np.uint8)
        np.maximum.at(self.registers, places, ranks)

    def merge(self, other: "HyperLogLog") -> None:
        """Add all that another sketch has seen."""
        np.maximum(self.registers, other.registers, out=self.registers)

    def estimate(self) -> Estimate:
        """How many different things were added."""
        value = self._raw_estimate()
        error = _TWO_SIDED_95 * RELATIVE_ERROR
        low, high = math.floor(value / (1 + error)), math.ceil(value / (1 - error))
        return Estimate(round(value), low, high)

    def _raw_estimate(self) -> float:
        counts = np.bincount(self.registers, minlength=_REST_BITS + 2).tolist()
        if counts[0] == NUM_REGISTERS:
            return 0.0
        total = NUM_REGISTERS * _tau(1 - counts[-1] / NUM_REGISTERS)
        for count in reversed(counts[1:-1]):
            total = 0.5 * (total + count)
        total += NUM_REGISTERS * _sigma(counts[0] / NUM_REGISTERS)
        return NUM_REGISTERS * (NUM_REGISTERS / total) / (2 * math.log(2))


def _sigma(x: float) -> float:
    """What empty registers add: x + the sum over k >= 1 of x^(2^k) 2^(k-1)."""
    total, factor, before = x, 1.0, -1.0
    while total != before:
        x, before = x * x, total
        total += x * factor
        factor *= 2
    return total


def _tau(x: float) -> float:
    """What full registers add: (1 - x - the sum over k >= 1 of (1 - x^(2^-k))^2 2^-k) / 3."""
    if x in (0.0, 1.0):
        return 0.0
    total, factor, before = 1 - x, 1.0, -1.0
    while total != before:
        x, before = math.sqrt(x), total
        factor *= 0.5
        total -= (1 - x) ** 2 * factor
    return total / 3
