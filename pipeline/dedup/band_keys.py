"""Keys of bands: documents whose keys of one band are equal are candidates.

A key is the band's number, mixed by `mix64` with each hash of the band in turn. Where a signature
would be long (RefinedWeb: 9,000 hashes, 36 kB a document), keys are all that is kept of it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit, types

from haybale.corpus.digests import UInt64s
from haybale.corpus.documents import text_data, text_offsets
from haybale.pipeline.dedup.minhash import (
    BLOCK,
    PARAMETERS,
    VALUES,
    UInt32s,
    minima_of,
    permutations,
    premix,
    values_for,
)
from haybale.pipeline.dedup.normal_form import TABLES, tables
from haybale.pipeline.dedup.shingles import SCRATCH, Scratch, Shingles, hash_shingles
from haybale.quality.characters import BYTES, OFFSETS, mix

_ROWS = types.Array(types.uint32, 2, "A", readonly=True)
_KEYS = types.Array(types.uint64, 1, "C")


@njit(types.void(_ROWS, types.int64, _KEYS), cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _mix_rows(values: Any, band: int, keys: Any) -> None:
    for row in range(len(values)):
        key = np.uint64(band)
        for k in range(values.shape[1]):
            key = mix(key ^ np.uint64(values[row, k]))
        keys[row] = key


def band_keys(signatures: UInt32s, band: int, rows: int) -> UInt64s:
    """The key of one band of each signature.

    Args:
        signatures: uint32[documents, hashes].
        band: Which one; hashes [band * rows, (band + 1) * rows).
        rows: Hashes per band.

    Returns:
        uint64[documents].

    Raises:
        ValueError: If the signatures have no such band.
    """
    if (band + 1) * rows > signatures.shape[1]:
        raise ValueError(f"band {band} of {rows} hashes: found signatures of {signatures.shape[1]}")
    keys = np.empty(len(signatures), np.uint64)
    _mix_rows(signatures[:, band * rows : (band + 1) * rows], band, keys)
    return keys


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
        types.int64,
        types.Array(types.uint64, 2, "C"),
        types.Array(types.int64, 1, "C"),
    ),
    cache=True,
    nogil=True,
)
def _digest(
    data: Any,
    offsets: Any,
    tables: Any,
    words: bool,
    length: int,
    scratch: Any,
    multipliers: Any,
    additions: Any,
    values: Any,
    rows: int,
    keys: Any,
    counts: Any,
) -> None:
    """As many whole bands at a time as make a block of permutations, at least one."""
    num_bands = keys.shape[1]
    per_block = max(1, BLOCK // rows)
    minima = np.empty(per_block * rows, np.uint32)
    for row in range(len(offsets) - 1):
        count = hash_shingles(data, offsets[row], offsets[row + 1], tables, words, length, scratch)
        premix(scratch.hashes, count, values)
        counts[row] = count
        for first in range(0, num_bands, per_block):
            last = min(first + per_block, num_bands)
            a, b = multipliers[first * rows : last * rows], additions[first * rows : last * rows]
            least = minima[: len(a)]
            minima_of(values, count, a, b, least)
            for band in range(first, last):
                key = np.uint64(band)
                for k in range((band - first) * rows, (band - first + 1) * rows):
                    key = mix(key ^ np.uint64(least[k]))
                keys[row, band] = key


def band_digests(
    texts: pa.Array, shingles: Shingles, num_bands: int, rows: int
) -> tuple[UInt64s, npt.NDArray[np.int64]]:
    """The keys of all bands of each text's signature, which itself is never held.

    Args:
        texts: large_string[documents].
        shingles: What is compared.
        num_bands: Bands.
        rows: Hashes per band.

    Returns:
        uint64[documents, num_bands]: column k is `band_keys(signatures, k, rows)` of
        `sign(texts, shingles, num_bands * rows)`.
        int64[documents]: shingles, repeats counted; 0 means never a near-duplicate.
    """
    offsets = text_offsets(texts)
    keys = np.empty((len(texts), num_bands), np.uint64)
    counts = np.zeros(len(texts), np.int64)
    scratch = Scratch.for_texts(offsets, shingles)
    _digest(
        text_data(texts),
        offsets,
        tables(),
        shingles.kind == "words",
        shingles.length,
        scratch,
        *permutations(num_bands * rows),
        values_for(scratch),
        rows,
        keys,
        counts,
    )
    return keys, counts
