"""MinHash signatures of a batch, equal to `datasketch.MinHash(scheme="affine32")`.

The input hash (the upper 32 bits of a shingle's hash) is pre-mixed with the MurmurHash3 finalizer,
then permutation k maps it to a_k * h + b_k mod 2^32, and the minimum over the document is kept.
One core signs about as fast as it reads: the inner loop is a vector multiply, add and minimum.
"""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit, types

from haybale.corpus.digests import UInt64s
from haybale.corpus.documents import text_data, text_offsets
from haybale.pipeline.dedup.shingles import HASHES, POINTS, Shingles, max_words, roll, word_hashes
from haybale.quality.characters import BYTES, OFFSETS, character_classes, lower_points

UInt32s = npt.NDArray[np.uint32]
SEED = 1
"""Of the permutations; datasketch's default, so that its users can compare."""

_PARAMETERS = types.Array(types.uint32, 1, "C", readonly=True)


@cache
def permutations(num_hashes: int, seed: int = SEED) -> tuple[UInt32s, UInt32s]:
    """Multipliers (odd) and offsets, drawn as datasketch 2 draws them."""
    generator = np.random.RandomState(seed)
    multipliers = generator.randint(0, 1 << 31, num_hashes, dtype=np.uint32)
    offsets = generator.randint(0, 1 << 32, num_hashes, dtype=np.uint32)
    return multipliers * np.uint32(2) + np.uint32(1), offsets


@njit(  # type: ignore[untyped-decorator]
    types.void(
        BYTES,
        OFFSETS,
        BYTES,
        POINTS,
        types.int64,
        _PARAMETERS,
        _PARAMETERS,
        HASHES,
        types.Array(types.uint32, 2, "C"),
        types.Array(types.int64, 1, "C"),
    ),
    cache=True,
    nogil=True,
)
def _sign(
    data: Any,
    offsets: Any,
    classes: Any,
    lower: Any,
    width: int,
    multipliers: Any,
    additions: Any,
    scratch: Any,
    signatures: Any,
    counts: Any,
) -> None:
    num_hashes = len(multipliers)
    for row in range(len(offsets) - 1):
        num_words = word_hashes(data, offsets[row], offsets[row + 1], classes, lower, scratch)
        counts[row] = roll(scratch, num_words, width)
        signature = signatures[row]
        for k in range(num_hashes):
            signature[k] = np.uint32(0xFFFFFFFF)
        for at in range(counts[row]):
            mixed = np.uint32(scratch[at] >> np.uint64(32))
            # Numba widens uint32 products to uint64; each step is cut back to 32 bits.
            mixed = np.uint32((mixed ^ (mixed >> 16)) * np.uint32(0x85EBCA6B))
            mixed = np.uint32((mixed ^ (mixed >> 13)) * np.uint32(0xC2B2AE35))
            mixed = np.uint32(mixed ^ (mixed >> 16))
            for k in range(num_hashes):
                value = np.uint32(multipliers[k] * mixed + additions[k])
                signature[k] = min(signature[k], value)


def sign(
    texts: pa.Array, shingles: Shingles, num_hashes: int
) -> tuple[UInt32s, npt.NDArray[np.int64]]:
    """MinHash every text of a batch.

    Args:
        texts: large_string[documents].
        shingles: What a text is a set of.
        num_hashes: Values per signature.

    Returns:
        uint32[documents, num_hashes]; all ones for a document without shingles.
        int64[documents]: shingles, repeats counted; 0 means never a near-duplicate.
    """
    offsets = text_offsets(texts)
    signatures = np.empty((len(texts), num_hashes), np.uint32)
    counts = np.zeros(len(texts), np.int64)
    multipliers, additions = permutations(num_hashes)
    _sign(
        text_data(texts),
        offsets,
        character_classes(),
        lower_points(),
        shingles.length,
        multipliers,
        additions,
        np.empty(max_words(offsets), np.uint64),
        signatures,
        counts,
    )
    return signatures, counts


def band_keys(signatures: UInt32s, band: int, rows: int) -> UInt64s:
    """Hash one band of each signature, so that equal keys mean candidate duplicates.

    Args:
        signatures: uint32[documents, hashes].
        band: Which one; hashes [band * rows, (band + 1) * rows).
        rows: Hashes per band.

    Returns:
        uint64[documents].
    """
    from haybale.corpus.digests import mix64

    keys = np.full(len(signatures), band, np.uint64)
    for k in range(band * rows, (band + 1) * rows):
        keys = mix64(keys ^ signatures[:, k].astype(np.uint64))
    return keys


def band_digests(
    texts: pa.Array, shingles: Shingles, num_bands: int, rows: int
) -> tuple[UInt64s, npt.NDArray[np.int64]]:
    """uint64[documents, bands], int64[documents]: `band_keys` of every band, and shingles."""
    signatures, counts = sign(texts, shingles, num_bands * rows)
    keys = [band_keys(signatures, band, rows) for band in range(num_bands)]
    return np.stack(keys, axis=1), counts
