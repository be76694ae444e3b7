"""One subset of varied text: which document is made of what, and which are copies."""

import math
from collections.abc import Iterator

import numpy as np
from varied_pool import Pool, vary

from haybale.corpus.digests import derive_seed, mix64

HTML = "html"
EXTRACTED_FRACTION = 0.037  # of a page's bytes: 6.5 MB of the 176 MB of html/
CHANGED = 1 / 6
CLUSTERED, CLUSTER_SIZE, EXACT = 0.292, 3.0, 1 / 3
"""29.2 %: Fetterly, Manasse and Najork 2003, On the Evolution of Clusters of Near-Duplicate Web
Pages, of 150 million pages."""
EDIT_RATES = (0.001, 0.002, 0.005, 0.01, 0.02)
FILE_BYTES = 64_000_000
BATCH_BYTES = 8_000_000

Row = tuple[int, bytes]
"""A document's number in its subset, and its text or page."""


class VariedSubset:
    """One subset of any size, made from the real documents of that name.

    Args:
        name: Of the folder of real documents.
        pool: These.
        num_bytes: Of text to be made.
        seed: Of everything.
    """

    def __init__(self, name: str, pool: Pool, num_bytes: float, seed: int) -> None:
        self.name, self._pool = name, pool
        if name == HTML:
            num_bytes /= EXTRACTED_FRACTION
        self.num_documents = max(1, round(num_bytes / pool.mean_bytes))
        self._per_file = max(1, round(FILE_BYTES / pool.mean_bytes))
        self.num_files = -(-self.num_documents // self._per_file)
        self._seed = np.uint64(derive_seed(seed, f"varied/{name}"))

    def rows(self, file: int) -> Iterator[Row]:
        """The documents of a file."""
        first = file * self._per_file
        last = min(first + self._per_file, self.num_documents)
        step = max(1, round(BATCH_BYTES / self._pool.mean_bytes))
        for start in range(first, last, step):
            numbers = np.arange(start, min(start + step, last), dtype=np.uint64)
            keys, rates = self._drawn(numbers)
            data, edges = vary(self._pool, keys, self._mixed(numbers, 4), CHANGED, rates)
            view = memoryview(data)
            for at, number in enumerate(numbers.tolist()):
                yield number, bytes(view[edges[at] : edges[at + 1]])

    def _drawn(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of documents: the key of what they are made of, and the rate of edits."""
        draws = [self._mixed(numbers, stream) / 2.0**64 for stream in range(4)]
        num_clusters = max(1, round(self.num_documents * CLUSTERED / CLUSTER_SIZE))
        cluster = self.num_documents + (draws[1] * num_clusters).astype(np.uint64)
        clustered = draws[0] < CLUSTERED
        keys = self._mixed(np.where(clustered, cluster, numbers), 5)
        rates = np.array(EDIT_RATES)[(draws[3] * len(EDIT_RATES)).astype(np.int64)]
        return keys, np.where(clustered & (draws[2] >= EXACT), rates, 0.0)

    def _mixed(self, numbers: np.ndarray, stream: int) -> np.ndarray:
        return mix64(mix64(numbers + self._seed) + np.uint64(stream))

    def url(self, number: int) -> str:
        """The address of a document; copies have their own."""
        return f"https://{self.name}-{number % 997}.example/{number}"


def expected_copies() -> float:
    """The fraction of documents that are more than one of their cluster, were all recognised.

    Sizes of clusters are Poisson distributed: 1 - exp(-mean) of them have a first document.
    """
    return CLUSTERED * (1 - (1 - math.exp(-CLUSTER_SIZE)) / CLUSTER_SIZE)
