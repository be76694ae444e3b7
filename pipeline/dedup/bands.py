"""Bands: which pairs of documents are looked at, and with what probability a pair is found.

With b bands of r rows a pair of similarity s becomes a candidate with probability 1 - (1 - s^r)^b
(Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, section 3.4.2): the S-curve. It is no
threshold: candidates are verified. Bands are therefore chosen by how many true pairs they find, and
not by the area between curve and threshold, whose optimum at 128 hashes and 0.8 (9 bands of 13)
misses 60 % of the pairs at 0.8.
"""

from haybale.corpus.errors import RecipeError


def candidate_probability(similarity: float, num_bands: int, rows: int) -> float:
    """The S-curve: probability that a pair of this similarity shares a band."""
    return float(1 - (1 - similarity**rows) ** num_bands)


def choose_bands(threshold: float, num_hashes: int, target_recall: float) -> tuple[int, int]:
    """The most selective banding that reaches the target recall at the threshold.

    Args:
        threshold: A pair at exactly this similarity ...
        num_hashes: ... with signatures of so many values ...
        target_recall: ... becomes a candidate with at least this probability.

    Returns:
        Number of bands, rows per band.

    Raises:
        RecipeError: If even single rows do not reach it.
    """
    for rows in range(num_hashes, 0, -1):
        num_bands = num_hashes // rows
        if candidate_probability(threshold, num_bands, rows) >= target_recall:
            return num_bands, rows
    raise RecipeError(
        f"num_hashes: {num_hashes} hashes cannot reach a recall of {target_recall} at a similarity "
        f"of {threshold}; raise num_hashes or lower target_recall"
    )
