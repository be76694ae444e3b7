"""A fastText model file, read with every length checked, as arrays for a kernel.

fastText itself trusts what it reads. The layout is that of its version 0.9.2 (`fasttext.cc`,
`dictionary.cc`, `quantmatrix.cc`, `productquantizer.cc`), format version 12.
"""

import itertools
import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MAGIC, VERSION = 793712314, 12
HIERARCHICAL_SOFTMAX, SUPERVISED = 1, 3
_CENTROIDS = 256  # of each quantiser: a code is one byte
_MAX_ROWS = 1 << 26
_HUGE = 10**15  # count of a node that is not made yet

Floats = npt.NDArray[np.float32]
Int32s = npt.NDArray[np.int32]


class OtherModelError(Exception):
    """A fastText model of a kind that is not read here, or no fastText model."""


@dataclass(frozen=True)
class FastTextModel:
    """A supervised model with a hierarchical softmax.

    Attributes:
        words: UTF-8, by id.
        labels: As in the file, with fastText's prefix.
        min_characters: Of a character n-gram.
        max_characters: Of a character n-gram; 0: there are none.
        num_buckets: Of hashes of character n-grams.
        rows_of_buckets: int32[num_buckets]: the row of each bucket in `inputs`; -1: pruned.
        inputs: float32[rows, dim]: vectors of words, then of buckets.
        outputs: float32[labels, dim]: vectors of the inner nodes of the tree, then unused ones.
        children: int32[2 * labels - 1, 2]: of each node of the tree; -1, -1: a leaf, whose number
            is its label's. The last node is the root; inner node i has vector i - labels.
    """

    words: tuple[bytes, ...]
    labels: tuple[str, ...]
    min_characters: int
    max_characters: int
    num_buckets: int
    rows_of_buckets: Int32s
    inputs: Floats
    outputs: Floats
    children: Int32s


def read_fasttext_model(content: bytes) -> FastTextModel:
    """Parse a model file.

    Raises:
        OtherModelError: If it is damaged, or not a supervised model with a hierarchical softmax,
            vectors of single words, and an output that is not quantised.
    """
    try:
        return _read(_Cursor(content))
    except (struct.error, UnicodeDecodeError, ValueError, IndexError) as error:
        raise OtherModelError(f"no readable fastText model: {error}") from None


class _Cursor:
    """Values one after the other; reading past the end is an error."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def values(self, form: str) -> tuple[int, ...]:
        """Little-endian values of a `struct` format."""
        found = struct.unpack_from("<" + form, self._content, self._at)
        self._at += struct.calcsize("<" + form)
        return found

    def word(self) -> bytes:
        """Bytes up to a NUL."""
        stop = self._content.index(b"\0", self._at)
        word = self._content[self._at : stop]
        self._at = stop + 1
        return word

    def array(self, dtype: str, count: int) -> npt.NDArray[np.generic]:
        """Numbers in a row."""
        if not 0 <= count <= len(self._content):
            raise ValueError(f"{count} numbers cannot be in the file")
        found = np.frombuffer(self._content, np.dtype(dtype), count, self._at)
        self._at += found.nbytes
        return found


def _read(cursor: _Cursor) -> FastTextModel:
    magic, version = cursor.values("ii")
    if (magic, version) != (MAGIC, VERSION):
        raise ValueError(f"magic number {magic}, version {version}")
    dim, _, _, _, _, word_ngrams, loss, kind, num_buckets, least, most, _ = cursor.values("12i")
    cursor.values("d")
    if (kind, loss, word_ngrams) != (SUPERVISED, HIERARCHICAL_SOFTMAX, 1):
        raise OtherModelError("not a supervised model of single words with hierarchical softmax")
    size, num_words, num_labels, _, num_kept = cursor.values("iiiqq")
    if not (num_labels > 0 and size == num_words + num_labels and 0 <= num_buckets <= _MAX_ROWS):
        raise ValueError(f"{size} entries: {num_words} words and {num_labels} labels")
    entries = [(cursor.word(), cursor.values("qb")) for _ in range(size)]
    if [kind for _, (_, kind) in entries] != [0] * num_words + [1] * num_labels:
        raise ValueError("words are not followed by labels")
    rows_of_buckets = np.full(num_buckets, -1, np.int32)
    if num_kept < 0:
        rows_of_buckets = np.arange(num_words, num_words + num_buckets, dtype=np.int32)
    else:
        bucket, row = cursor.array("<i4", 2 * num_kept).reshape(num_kept, 2).T.astype(np.int64)
        rows_of_buckets[bucket] = num_words + row
    inputs = _quantised(cursor) if cursor.values("?")[0] else _dense(cursor)
    if cursor.values("?")[0]:
        raise OtherModelError("its output is quantised")
    outputs = _dense(cursor)
    rows = rows_of_buckets[rows_of_buckets != -1]
    if len(inputs) < num_words or np.any(rows < 0) or np.any(rows >= len(inputs)):
        raise ValueError("a word or n-gram has no vector")
    if inputs.shape[1] != dim or outputs.shape != (num_labels, dim):
        raise ValueError(f"vectors of {inputs.shape[1]} and {outputs.shape} numbers, not {dim}")
    return FastTextModel(
        words=tuple(word for word, _ in entries[:num_words]),
        labels=tuple(word.decode() for word, _ in entries[num_words:]),
        min_characters=least,
        max_characters=most,
        num_buckets=num_buckets,
        rows_of_buckets=rows_of_buckets,
        inputs=inputs,
        outputs=outputs,
        children=_tree([count for _, (count, _) in entries[num_words:]]),
    )


def _dense(cursor: _Cursor) -> Floats:
    rows, columns = cursor.values("qq")
    return cursor.array("<f4", rows * columns).reshape(rows, columns).astype(np.float32)


def _quantised(cursor: _Cursor) -> Floats:
    """Vectors as fastText adds them up: a centroid of each piece of the vector, times the norm."""
    has_norms, rows, columns, num_codes = cursor.values("?qqi")
    codes = cursor.array("u1", num_codes)
    pieces = _centroids(cursor)
    codes = codes.reshape(rows, len(pieces)).T
    vectors = np.concatenate(
        [piece[code] for piece, code in zip(pieces, codes, strict=True)], axis=1
    )
    if vectors.shape[1] != columns:
        raise ValueError(f"quantised vectors of {vectors.shape[1]} numbers, not {columns}")
    if has_norms:
        norm_codes = cursor.array("u1", rows)
        vectors = _centroids(cursor)[0][norm_codes] * vectors
    return np.ascontiguousarray(vectors, np.float32)


def _centroids(cursor: _Cursor) -> list[Floats]:
    """float32[256, width] of each piece of a vector; the last one may be narrower."""
    dim, num_pieces, width, last_width = cursor.values("iiii")
    if num_pieces < 1 or (num_pieces - 1) * width + last_width != dim:
        raise ValueError(f"{num_pieces} pieces of {width} do not make {dim}")
    flat = cursor.array("<f4", dim * _CENTROIDS).astype(np.float32)
    edges = [min(at * _CENTROIDS * width, len(flat)) for at in range(num_pieces)] + [len(flat)]
    return [flat[start:stop].reshape(_CENTROIDS, -1) for start, stop in itertools.pairwise(edges)]


def _tree(counts: list[int]) -> Int32s:
    """The Huffman tree of labels that are sorted by falling count, as fastText builds it."""
    if min(counts) < 0 or sum(counts) >= _HUGE:
        raise ValueError(f"{sum(counts)} texts with labels")
    num_labels = len(counts)
    counts = counts + [_HUGE] * (num_labels - 1)
    children = np.full((2 * num_labels - 1, 2), -1, np.int32)
    leaf, node = num_labels - 1, num_labels
    for parent in range(num_labels, 2 * num_labels - 1):
        for side in range(2):
            if leaf >= 0 and counts[leaf] < counts[node]:
                children[parent, side], leaf = leaf, leaf - 1
            else:
                children[parent, side], node = node, node + 1
        counts[parent] = sum(counts[child] for child in children[parent])
    return children
