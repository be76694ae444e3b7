"""What a recipe may say of deduplication, and the bands that follow from it."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from haybale.corpus.errors import RecipeError


@dataclass(frozen=True)
class DedupSettings:
    """The recipe's `[dedup]`; the defaults are the preset `gopher`.

    Gopher (Rae et al. 2021, arXiv 2112.11446, appendix A.1.1) removes exact duplicates, then
    near-duplicates whose 13-gram Jaccard similarity exceeds 0.8, one of the pair at random. It
    leaves open how many hashes and bands it used; those are ours.

    Attributes:
        preset: Names the set of defaults.
        near: Whether near-duplicates are removed; exact ones always are.
        shingle_words: Words per shingle; white space is normalised, punctuation ignored. A text
            of fewer words is one shingle.
        threshold: A pair above this Jaccard similarity is a duplicate.
        num_hashes: MinHash values per document.
        target_recall: Bands are chosen so that a pair at exactly the threshold becomes a candidate
            with at least this probability.
        keep: Which of two duplicates survives: a random one (fixed by id), or the longer.
    """

    preset: Literal["gopher"] = "gopher"
    near: bool = True
    shingle_words: int = 13
    threshold: float = 0.8
    num_hashes: int = 128
    target_recall: float = 0.99
    keep: Literal["random", "longest"] = "random"

    def __post_init__(self) -> None:
        if not 1 <= self.shingle_words <= 1000:
            raise RecipeError(f"shingle_words: expected 1 to 1000, found {self.shingle_words}")
        if not 0 < self.threshold < 1:
            raise RecipeError(f"threshold: expected a number in (0, 1), found {self.threshold}")
        if not 1 <= self.num_hashes <= 512:
            raise RecipeError(f"num_hashes: expected 1 to 512, found {self.num_hashes}")
        if not 0 < self.target_recall < 1:
            raise RecipeError(
                f"target_recall: expected a number in (0, 1), found {self.target_recall}"
            )
        self.bands()

    @property
    def exact_threshold(self) -> Fraction:
        """The threshold as it was written, for comparisons by integer cross-products."""
        return Fraction(str(self.threshold))

    def bands(self) -> tuple[int, int]:
        """Number of bands and rows per band.

        The most selective banding that reaches the target recall at the threshold: with b bands of
        r rows a pair of similarity s is a candidate with probability 1 - (1 - s^r)^b (Leskovec,
        Rajaraman and Ullman, Mining of Massive Datasets, section 3.4.2).

        Raises:
            RecipeError: If even single rows do not reach it.
        """
        for rows in range(self.num_hashes, 0, -1):
            num_bands = self.num_hashes // rows
            if candidate_probability(self.threshold, num_bands, rows) >= self.target_recall:
                return num_bands, rows
        raise RecipeError(
            f"num_hashes: {self.num_hashes} hashes cannot reach a recall of {self.target_recall} "
            f"at a similarity of {self.threshold}; raise num_hashes or lower target_recall"
        )


def candidate_probability(similarity: float, num_bands: int, rows: int) -> float:
    """The S-curve: probability that a pair of this similarity shares a band."""
    return float(1 - (1 - similarity**rows) ** num_bands)
