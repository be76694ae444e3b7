"""Digests, document ids and derived seeds: everything that must come out the same everywhere.

xxh3-128 throughout: 7.7 GB/s on one core against 1.3 GB/s for SHA-256, and no adversary is
defended against. Nothing here depends on clock, host, `hash()` or order of arrival.
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

if TYPE_CHECKING:
    from typing_extensions import Buffer

UInt64s = npt.NDArray[np.uint64]


def digest(data: "Buffer") -> str:
    """xxh3-128 of the bytes, as 32 hex digits."""
    return xxhash.xxh3_128_hexdigest(data)


def canonical_json(value: object) -> bytes:
    """JSON whose bytes follow from the value alone: sorted keys, two spaces, UTF-8, one newline."""
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8") + b"\n"


def document_ids(subset: str, path: str, positions: Iterable[int]) -> pa.Array:
    """Ids of the records at these positions of one input file.

    The id is xxh3-128 of subset, path and position, so it is the same wherever the data is mounted
    and however files are split into parts.

    Args:
        subset: The subset's name.
        path: The file's path relative to the fixed part of its glob.
        positions: Decompressed byte offset, row or WARC offset of each record.

    Returns:
        fixed_size_binary(16)[records].
    """
    prefix = subset.encode() + b"\0" + path.encode() + b"\0"
    ids = b"".join(
        xxhash.xxh3_128_digest(prefix + position.to_bytes(8, "little")) for position in positions
    )
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), len(ids) // 16, [None, pa.py_buffer(ids)]
    )


def derive_seed(seed: int, *names: str | int) -> int:
    """A 64-bit seed for the named purpose; hashed, so that no two purposes ever share a stream."""
    return xxhash.xxh3_64_intdigest(repr((seed, *names)).encode())


def mix64(values: UInt64s) -> UInt64s:
    """A bijection of uint64 in which every input bit reaches every output bit.

    The finalizer of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
    generators", figure 16, variant 13 of Stafford).
    """
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return values ^ (values >> np.uint64(31))


def keyed_digests(seed: int, doc_ids: pa.Array) -> UInt64s:
    """A uniform 64-bit number for each document, fixed by seed and id alone.

    Sorting by it is a shuffle, its smallest k values are a uniform sample, and cutting its range
    splits a corpus: all independent of order, parts and workers.

    Args:
        seed: From `derive_seed`.
        doc_ids: fixed_size_binary(16)[documents].
    """
    words = id_words(doc_ids)
    return mix64(words[:, 0] ^ mix64(words[:, 1] ^ np.uint64(seed)))


def id_words(doc_ids: pa.Array) -> UInt64s:
    """The ids as uint64[documents, 2], big end first: compared by row, they order as bytes do."""
    if len(doc_ids) == 0:
        return np.empty((0, 2), np.uint64)
    start = doc_ids.offset * 16
    raw = np.frombuffer(doc_ids.buffers()[1], dtype=">u8", offset=start, count=len(doc_ids) * 2)
    return raw.astype(np.uint64).reshape(-1, 2)


def ids_from_words(words: UInt64s) -> pa.Array:
    """The inverse of `id_words`: uint64[documents, 2] to fixed_size_binary(16)[documents]."""
    raw = np.ascontiguousarray(words).astype(">u8").tobytes()
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), len(words), [None, pa.py_buffer(raw)]
    )
