"""Exact nearest neighbours of chunks by their embeddings, never from a chunk's own document.

RETRO (Borgeaud et al. 2021, arXiv 2112.04426, section 2.3) takes the k nearest chunks in Euclidean
distance, and none from the document that a training sequence comes from. Here every pair of chunks
is compared, in blocks, as matrix products: for corpora up to some millions of chunks, and to judge
an approximate index by.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haybale.corpus.errors import RecipeError
from haybale.corpus.indexed_shards import Int64s

_BLOCK = 4096
_STEPS = 1 << 30
"""Distances are told apart in steps of a 2^-30th of the greatest squared norm: finer than float32
embeddings are, coarser than what the order of a sum may change, so that ties are ties."""
_NUMBER_BITS = 30
_NOTHING = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Neighbours:
    """The nearest chunks of some chunks.

    Attributes:
        chunks: int64[queries, k]: numbers of the nearest, nearest first and of equals the smallest;
            -1 where there are fewer.
        distances: float32[queries, k]: squared Euclidean; infinite where there is no chunk.
    """

    chunks: Int64s
    distances: npt.NDArray[np.float32]


def find_neighbours(
    embeddings: npt.NDArray[np.float32],
    documents: Int64s,
    k: int,
    *,
    clusters: Int64s | None = None,
    queries: slice = slice(None),
) -> Neighbours:
    """The k nearest chunks of each chunk, of other documents.

    Args:
        embeddings: float32[chunks, d]; may be mapped from a file. Memory besides is that of blocks
            of 4,096 chunks.
        documents: int64[chunks]: the same number for chunks of the same document, another for
            those of others.
        k: How many.
        clusters: int64[chunks]: chunks of the same cluster (of near-duplicates) are no neighbours
            either.
        queries: The chunks whose neighbours are sought; each is sought on its own, so that the
            work may be shared out.

    Raises:
        RecipeError: If shapes do not agree, k is below 1, or an embedding is not finite.
    """
    num_chunks = len(embeddings)
    groups = [documents] if clusters is None else [documents, clusters]
    if embeddings.ndim != 2 or any(group.shape != (num_chunks,) for group in groups):
        raise RecipeError(
            f"expected embeddings [chunks, d] and a document (and cluster) of each chunk, found "
            f"{embeddings.shape} and {', '.join(str(group.shape) for group in groups)}"
        )
    if k < 1:
        raise RecipeError(f"k: expected at least 1, found {k}")
    if num_chunks >= 1 << _NUMBER_BITS:
        raise RecipeError(f"expected fewer than 2^30 chunks, found {num_chunks}")
    norms = _squared_norms(embeddings)
    step = float(norms.max(initial=0.0)) / _STEPS or 1.0
    asked = np.arange(num_chunks)[queries]
    best = np.full((len(asked), k), _NOTHING, np.int64)
    for first in range(0, len(asked), _BLOCK):
        rows = asked[first : first + _BLOCK]
        block = best[first : first + _BLOCK]
        vectors = embeddings[rows].astype(np.float64)
        for start in range(0, num_chunks, _BLOCK):
            others = slice(start, min(start + _BLOCK, num_chunks))
            products = vectors @ embeddings[others].astype(np.float64).T
            distances = norms[rows, None] + norms[others] - 2 * products
            # One number orders by distance, then by chunk.
            keys = np.rint(np.maximum(distances, 0) / step).astype(np.int64) << _NUMBER_BITS
            keys |= np.arange(others.start, others.stop)
            for group in groups:
                keys[group[rows, None] == group[others]] = _NOTHING
            both = np.concatenate([block, keys], axis=1)
            block[:] = np.partition(both, k - 1, axis=1)[:, :k]
        block.sort(axis=1)
    missing = best == _NOTHING
    chunks = np.where(missing, -1, best & ((1 << _NUMBER_BITS) - 1))
    distances = np.where(missing, np.inf, (best >> _NUMBER_BITS) * step)
    return Neighbours(chunks, distances.astype(np.float32))


def _squared_norms(embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    norms = np.empty(len(embeddings), np.float64)
    for first in range(0, len(embeddings), _BLOCK):
        rows = embeddings[first : first + _BLOCK].astype(np.float64)
        norms[first : first + _BLOCK] = np.einsum("ij,ij->i", rows, rows)
    if not np.isfinite(norms).all():
        bad = int(np.flatnonzero(~np.isfinite(norms))[0])
        raise RecipeError(f"expected finite embeddings, found one that is not: of chunk {bad}")
    return norms
