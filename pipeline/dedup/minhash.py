"""MinHash signatures of a batch, equal to `datasketch.MinHash(scheme="affine32")`.

The input hash (the upper 32 bits of a shingle's hash) is pre-mixed with the MurmurHash3 finalizer,
then permutation k maps it to a_k * h + b_k mod 2^32, and the minimum over the document is kept.
"""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit, types

from haybale.corpus.documents import text_data, text_offsets
from haybale.pipeline.dedup.normal_form import TABLES, WORDS, tables
from haybale.pipeline.dedup.shingles import SCRATCH, Scratch, Shingles, hash_shingles
from haybale.quality.characters import BYTES, OFFSETS

UInt32s = npt.NDArray[np.uint32]
SEED = 1
"""Of the permutations; datasketch's default, so that its users can compare."""

BLOCK = 512
"""Hashes whose parameters and minima stay in the first-level cache (3 x 2 KiB)."""
_UNROLLED = 8
"""Shingles per pass over a block: its parameters and minima are loaded once for all of them."""

PARAMETERS = types.Array(types.uint32, 1, "C", readonly=True)
VALUES = types.Array(types.uint32, 1, "C")
_SIGNATURES = types.Array(types.uint32, 2, "C")


@cache
def permutations(num_hashes: int, seed: int = SEED) -> tuple[UInt32s, UInt32s]:
    """Multipliers (odd) and offsets, drawn as datasketch 2 draws them."""
    generator = np.random.RandomState(seed)
    multipliers = generator.randint(0, 1 << 31, num_hashes, dtype=np.uint32)
    offsets = generator.randint(0, 1 << 32, num_hashes, dtype=np.uint32)
    return multipliers * np.uint32(2) + np.uint32(1), offsets


@njit(inline="always")  # type: ignore[untyped-decorator]
def _whole_passes(count: Any) -> Any:
    return (count + _UNROLLED - 1) // _UNROLLED * _UNROLLED


@njit(types.void(WORDS, types.int64, VALUES), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def premix(hashes: Any, count: int, values: Any) -> None:
    """MurmurHash3's finalizer of the upper halves; the last again, up to whole passes."""
    for at in range(count):
        # Numba widens uint32 products to uint64; each step is cut back to 32 bits.
        value = np.uint32(hashes[at] >> np.uint64(32))
        value = np.uint32((value ^ (value >> 16)) * np.uint32(0x85EBCA6B))
        value = np.uint32((value ^ (value >> 13)) * np.uint32(0xC2B2AE35))
        values[at] = np.uint32(value ^ (value >> 16))
    for at in range(count, _whole_passes(count)):
        values[at] = values[count - 1]


@njit(  # type: ignore[untyped-decorator]
    types.void(VALUES, types.int64, PARAMETERS, PARAMETERS, VALUES), cache=True, nogil=True
)
def minima_of(values: Any, count: int, multipliers: Any, additions: Any, minima: Any) -> None:
    """The least value of each permutation; all ones for no values at all.

    The inner loop is vector multiplications, additions and minima, as wide as the processor's
    vectors; repeats of a value change no minimum.
    """
    for start in range(0, len(multipliers), BLOCK):
        stop = min(start + BLOCK, len(multipliers))
        a, b, least = multipliers[start:stop], additions[start:stop], minima[start:stop]
        least[:] = np.uint32(0xFFFFFFFF)
        for at in range(0, _whole_passes(count), _UNROLLED):
            v0, v1, v2, v3 = values[at], values[at + 1], values[at + 2], values[at + 3]
            v4, v5, v6, v7 = values[at + 4], values[at + 5], values[at + 6], values[at + 7]
            for k in range(len(a)):
                m0 = min(np.uint32(a[k] * v0 + b[k]), np.uint32(a[k] * v1 + b[k]))
                m1 = min(np.uint32(a[k] * v2 + b[k]), np.uint32(a[k] * v3 + b[k]))
                m2 = min(np.uint32(a[k] * v4 + b[k]), np.uint32(a[k] * v5 + b[k]))
                m3 = min(np.uint32(a[k] * v6 + b[k]), np.uint32(a[k] * v7 + b[k]))
                least[k] = min(least[k], min(min(m0, m1), min(m2, m3)))


@njit(  # type: ignore[untyped-decorator]
    types.void(
        BYTES,
        OFFSETS,
        TABLES,
        types.boolean,
        types.int64,
        SCRATCH,
        PARAMETERS,
        PARAMETERS,
        VALUES,
        _SIGNATURES,
        types.Array(types.int64, 1, "C"),
    ),
    cache=True,
    nogil=True,
)
def _sign(
    data: Any,
    offsets: Any,
    tables: Any,
    words: bool,
    length: int,
    scratch: Any,
    multipliers: Any,
    additions: Any,
    values: Any,
    signatures: Any,
    counts: Any,
) -> None:
    for row in range(len(offsets) - 1):
        count = hash_shingles(data, offsets[row], offsets[row + 1], tables, words, length, scratch)
        premix(scratch.hashes, count, values)
        minima_of(values, count, multipliers, additions, signatures[row])
        counts[row] = count


def values_for(scratch: Scratch) -> UInt32s:
    """Room for what `premix` makes of all hashes of a text."""
    return np.empty(len(scratch.hashes) + _UNROLLED, np.uint32)


def sign(
    texts: pa.Array, shingles: Shingles, num_hashes: int
) -> tuple[UInt32s, npt.NDArray[np.int64]]:
    """MinHash every text of a batch.

    Args:
        texts: large_string[documents].
        shingles: What is compared.
        num_hashes: Values per signature.

    Returns:
        uint32[documents, num_hashes]; all ones for a document without shingles.
        int64[documents]: shingles, repeats counted; 0 means never a near-duplicate.
    """
    offsets = text_offsets(texts)
    signatures = np.empty((len(texts), num_hashes), np.uint32)
    counts = np.zeros(len(texts), np.int64)
    scratch = Scratch.for_texts(offsets, shingles)
    _sign(
        text_data(texts),
        offsets,
        tables(),
        shingles.kind == "words",
        shingles.length,
        scratch,
        *permutations(num_hashes),
        values_for(scratch),
        signatures,
        counts,
    )
    return signatures, counts
