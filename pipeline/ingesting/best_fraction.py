"""The best share of a subset's documents by score: an exact cut-off that hangs on no order.

Several models are put together as Nemotron-CC does (Su et al. 2024, arXiv 2412.02595): a
document's score is the maximum, over the models, of its rank among the subset's documents. Ranks
are counted in halves, so that equal scores share one: twice the documents that score lower, plus
those that score the same. Between equals a keyed digest of the document's id decides.

Memory: one number for each step of a score and model, and 8 bytes for each document whose rank is
that of the cut-off.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from haybale.quality.classifier.model import SCORE_STEPS

Int64s = npt.NDArray[np.int64]
UInt64s = npt.NDArray[np.uint64]
Scored = tuple[Int64s, UInt64s]
"""int64[models, documents] in steps, uint64[documents]: what decides between equals."""


@dataclass(frozen=True)
class Cutoff:
    """What a document must reach.

    Attributes:
        ranks: int64[models, SCORE_STEPS + 1]: rank of each score among the subset's documents.
        rank: Documents above it are kept.
        last_order: Of those at it, the ones up to this order are kept.
        num_kept: How many are kept.
    """

    ranks: Int64s
    rank: int
    last_order: int
    num_kept: int

    def ranks_of(self, scores: Int64s) -> Int64s:
        """int64[documents]: the maximum over the models."""
        return rank_scores(self.ranks, scores)

    def keeps(self, scores: Int64s, orders: UInt64s) -> npt.NDArray[np.bool_]:
        """bool[documents]."""
        ranks = self.ranks_of(scores)
        at = (ranks == self.rank) & (orders <= np.uint64(self.last_order))
        return np.asarray((ranks > self.rank) | at)


def find_cutoff(
    parts: Callable[[], Iterable[Scored]], num_models: int, fraction: Fraction
) -> Cutoff:
    """Find the cut-off above which exactly ceil(fraction x documents) lie.

    Args:
        parts: Gives all documents part by part, each time it is called the same.
        num_models: How many scores each document has.
        fraction: In (0, 1).
    """
    counts = np.zeros((num_models, SCORE_STEPS + 1), np.int64)
    for scores, _ in parts():
        for model in range(num_models):
            counts[model] += np.bincount(scores[model], minlength=SCORE_STEPS + 1)
    ranks = 2 * (np.cumsum(counts, axis=1) - counts) + counts
    num_documents = int(counts[0].sum())
    wanted = -(-fraction.numerator * num_documents // fraction.denominator)
    by_rank: dict[int, int] = {}
    for scores, _ in parts():
        found, times = np.unique(rank_scores(ranks, scores), return_counts=True)
        for rank, count in zip(found.tolist(), times.tolist(), strict=True):
            by_rank[rank] = by_rank.get(rank, 0) + count
    above, cut = 0, -1
    for rank in sorted(by_rank, reverse=True):
        cut = rank
        if above + by_rank[rank] >= wanted:
            break
        above += by_rank[rank]
    ties = [orders[rank_scores(ranks, scores) == cut] for scores, orders in parts()]
    equals = np.sort(np.concatenate([np.empty(0, np.uint64), *ties]))
    last = int(equals[wanted - above - 1]) if wanted else 0  # of nothing, nothing is kept
    return Cutoff(ranks, cut, last, wanted)


def rank_scores(ranks: Int64s, scores: Int64s) -> Int64s:
    """int64[documents]: the maximum over the models of each score's rank."""
    each = [ranks[model][scores[model]] for model in range(len(ranks))]
    return np.asarray(np.max(each, axis=0))
