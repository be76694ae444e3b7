"""Presets: the near-duplicate settings of published corpora, by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from haybale.pipeline.dedup.bands import candidate_probability
from haybale.pipeline.dedup.shingles import Shingles

Preset = Literal["gopher", "fineweb", "refinedweb", "slimpajama"]

MAX_STORED_HASHES = 512
"""Longer signatures are not stored, only the digests of their bands."""


@dataclass(frozen=True)
class MinHashScheme:
    """How near-duplicates are found.

    Attributes:
        shingles: What a document is a set of.
        threshold: A pair above this Jaccard similarity is a duplicate.
        num_hashes: MinHash values per document.
        num_bands: Bands of a signature.
        band_rows: Values per band.
    """

    shingles: Shingles
    threshold: float
    num_hashes: int
    num_bands: int
    band_rows: int

    @property
    def exact_threshold(self) -> Fraction:
        """The threshold as it was written, for comparisons by integer cross-products."""
        return Fraction(str(self.threshold))

    @property
    def stores_values(self) -> bool:
        """Whether signatures are stored whole, and not as digests of bands only."""
        return self.num_hashes <= MAX_STORED_HASHES

    @property
    def standard_error(self) -> float:
        """Of a similarity that is estimated at the threshold: sqrt(s (1 - s) / hashes)."""
        return float((self.threshold * (1 - self.threshold) / self.num_hashes) ** 0.5)

    @property
    def description(self) -> str:
        """On one line, with the share of pairs at the threshold that are found."""
        shingles = f"{self.shingles.length} {self.shingles.kind}"
        return (
            f"shingles of {shingles}, duplicates above {self.threshold:g}; {self.num_hashes:,} "
            f"hashes in {self.num_bands} bands of {self.band_rows}: "
            f"{self.recall(self.threshold):.1%} of the pairs at the threshold are looked at"
        )

    def recall(self, similarity: float) -> float:
        """Probability that a pair of this similarity is looked at."""
        return candidate_probability(similarity, self.num_bands, self.band_rows)


PRESETS: Mapping[str, Mapping[str, Any]] = {
    # Rae et al. 2021, arXiv 2112.11446, A.1.1: 13-grams, above 0.8; hashes and bands are not told.
    "gopher": {
        "shingles": "words",
        "shingle_length": 13,
        "threshold": 0.8,
        "num_hashes": 128,
        "target_recall": 0.99,
    },
    # Penedo et al. 2024, arXiv 2406.17557, section 3.4: 5-grams, 14 buckets of 8, "at least 75 %".
    "fineweb": {
        "shingles": "words",
        "shingle_length": 5,
        "threshold": 0.75,
        "num_bands": 14,
        "band_rows": 8,
    },
    # Penedo et al. 2023, arXiv 2306.01116, G.3.1: 5-grams, 450 bands of 20; the threshold is ours.
    "refinedweb": {
        "shingles": "words",
        "shingle_length": 5,
        "threshold": 0.8,
        "num_bands": 450,
        "band_rows": 20,
    },
    # Soboleva et al. 2023: 13 characters (as its code has it), 128 hashes, 0.8.
    "slimpajama": {
        "shingles": "characters",
        "shingle_length": 13,
        "threshold": 0.8,
        "num_hashes": 128,
        "target_recall": 0.99,
    },
}
