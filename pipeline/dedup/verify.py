"""Verification: the exact Jaccard similarity of each candidate pair, from the texts themselves."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from haybale.corpus.digests import UInt64s, id_words
from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.rows import VERIFIED, Rows, part_of, row_of
from haybale.pipeline.dedup.shingles import Shingles, shingle_sets
from haybale.pipeline.documents import take_documents

BLOCK_BYTES = 32 << 20
"""Texts of at most about this many bytes are held at a time, as sets of shingles."""


def cut_blocks(pairs: Rows, text_bytes: npt.NDArray[np.int64]) -> Iterator[Rows]:
    """Cut sorted pairs into blocks whose texts fit into memory together.

    Args:
        pairs: PAIR, sorted.
        text_bytes: int64[pairs, 2]: of both documents.
    """
    seen: set[int] = set()
    start, held = 0, 0
    for at, (pair, sizes) in enumerate(zip(pairs.tolist(), text_bytes.tolist(), strict=True)):
        new = sum(size for end, size in zip(pair, sizes, strict=True) if end not in seen)
        if at > start and held + new > BLOCK_BYTES:
            yield pairs[start:at]
            start, held, new = at, 0, sum(sizes)
            seen = set()
        held += new
        seen.update(pair)
    if start < len(pairs):
        yield pairs[start:]


def verify(
    folder: Folder, part_names: list[str], pairs: Rows, shingles: Shingles, threshold: Fraction
) -> Rows:
    """The pairs of a block whose similarity exceeds the threshold.

    Args:
        folder: The corpus folder.
        part_names: Name of each part.
        pairs: PAIR.
        shingles: What is compared.
        threshold: Exceeded means shared / united > threshold, by integer cross-products.

    Returns:
        VERIFIED, in the order of the pairs.
    """
    wanted = np.unique(np.r_[pairs["a"], pairs["b"]])
    ids, sizes, sets = _read(folder, part_names, wanted, shingles)
    starts = np.r_[0, np.cumsum([len(each) for each in sets])].astype(np.int64)
    hashes = np.concatenate(sets) if sets else np.empty(0, np.uint64)
    left, right = np.searchsorted(wanted, pairs["a"]), np.searchsorted(wanted, pairs["b"])
    shared = _intersections(hashes, starts, left, right)
    lengths = np.diff(starts)
    united = lengths[left] + lengths[right] - shared
    above = shared * threshold.denominator > united * threshold.numerator
    left, right = left[above], right[above]
    verified = np.empty(int(above.sum()), VERIFIED)
    verified["a"], verified["b"] = pairs["a"][above], pairs["b"][above]
    verified["a_id"], verified["b_id"] = ids[left], ids[right]
    verified["a_bytes"], verified["b_bytes"] = sizes[left], sizes[right]
    verified["shared"], verified["united"] = shared[above], united[above]
    return verified


def _read(
    folder: Folder, part_names: list[str], wanted: UInt64s, shingles: Shingles
) -> tuple[UInt64s, npt.NDArray[np.int64], list[UInt64s]]:
    """Ids uint64[wanted, 2], text bytes int64[wanted] and shingle sets, in order of address."""
    ids, sizes, sets = [], [], []
    parts = part_of(wanted)
    for part in np.unique(parts):
        rows = row_of(wanted[parts == part])
        for batch in take_documents(folder, part_names[int(part)], rows, ["doc_id", "text"]):
            texts = batch.column("text")
            ids.append(id_words(batch.column("doc_id")))
            sizes.append(pa.compute.binary_length(texts).to_numpy())
            sets += shingle_sets(texts, shingles)
    if not ids:
        return np.empty((0, 2), np.uint64), np.empty(0, np.int64), []
    return np.concatenate(ids), np.concatenate(sizes), sets


@njit(cache=True)  # type: ignore[untyped-decorator]
def _intersections(hashes: Any, starts: Any, left: Any, right: Any) -> Any:
    """Sizes of the intersections of pairs of sorted sets."""
    out = np.zeros(len(left), np.int64)
    for pair in range(len(left)):
        i, i_stop = starts[left[pair]], starts[left[pair] + 1]
        j, j_stop = starts[right[pair]], starts[right[pair] + 1]
        count = 0
        while i < i_stop and j < j_stop:
            if hashes[i] == hashes[j]:
                count += 1
                i += 1
                j += 1
            elif hashes[i] < hashes[j]:
                i += 1
            else:
                j += 1
        out[pair] = count
    return out
