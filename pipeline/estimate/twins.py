"""From duplicates among the pieces to duplicates in the whole.

A share of duplicates does not extrapolate: of two copies that lie in different pieces both must be
drawn to be seen, so a sample of a tenth sees a hundredth of such pairs. Copies within one piece are
seen whenever it is drawn. Each cluster of the sample is therefore counted in two parts, with f the
drawn share of the input of a subset:

    within pieces   a piece with m members loses m - 1: each is worth 1 / f
    across          a cluster in s pieces loses s - 1 more: see `cluster_sizes`

Where an earlier corpus holds the survivor, all m members in a piece are lost, each is worth 1 / f,
and nothing is lost across: whether one is seen does not hang on other pieces.

Which clusters a sample happens to meet is chance, and a piece brings many at once: see `jackknife`
for the interval. Where no cluster across pieces is met, some may be there: see `Drawn`.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from haybale.pipeline.estimate.cluster_sizes import Sighting, worths
from haybale.pipeline.estimate.drawn import Drawn
from haybale.pipeline.estimate.jackknife import margin_of
from haybale.pipeline.estimate.quantities import Quantity
from haybale.pipeline.estimate.seen_clusters import SeenCluster


@dataclass(frozen=True)
class Lost:
    """Documents of a subset that are removed as duplicates.

    Attributes:
        found: Removed in the sample.
        found_bytes: Text of these.
        whole: Of the whole subset.
    """

    found: int
    found_bytes: int
    whole: Quantity

    @property
    def whole_bytes(self) -> Quantity:
        """Text of those of the whole subset: as long as those that were found."""
        return self.whole.scaled(self.found_bytes / self.found if self.found else 0.0)


def count_lost(
    clusters: Sequence[SeenCluster],
    subset_of: Mapping[int, str],
    drawn: Mapping[str, Drawn],
    sizes: Mapping[str, int],
) -> dict[str, Quantity]:
    """Removed documents of each subset, of the whole.

    Args:
        clusters: As the sample shows them.
        subset_of: Subset of each piece.
        drawn: How much of each subset was drawn.
        sizes: Documents of each subset that deduplication sees, of the whole; the most that may be
            lost.
    """
    found = Counter(
        subset_of[piece] for cluster in clusters for piece in cluster.removed.elements()
    )
    if all(each.fraction == 1 for each in drawn.values()):
        return {subset: Quantity.exact(found[subset], "measured") for subset in sizes}
    sums = {subset: _Sum() for subset in sizes}
    seen = [_sighting(cluster, subset_of, drawn) for cluster in clusters]
    worth_of = worths(each for each in seen if each is not None)
    for cluster, sighting in zip(clusters, seen, strict=True):
        stays = 0 if cluster.survives_outside else 1
        for piece, count in cluster.members.items():
            once = (count - stays) / drawn[subset_of[piece]].fraction
            sums[subset_of[piece]].add(once, {piece: once})
        if sighting is None:
            continue
        worth = worth_of[sighting]
        gone = Counter(subset_of[piece] for piece in cluster.removed.elements())
        for subset, count in gone.items():
            share = count / gone.total()
            influence = share * (worth.seen - worth.less)
            sums[subset].add(share * worth.seen, dict.fromkeys(cluster.members, influence))
            sums[subset].num_across += 1
    margins = _margins(sums, subset_of, drawn)
    lost = {}
    for subset, size in sizes.items():
        value, margin = sums[subset].worth, margins[subset]
        unseen = 0.0 if sums[subset].num_across else drawn[subset].most_unseen
        ends = (value, value - margin, value + margin + unseen)
        lost[subset] = Quantity.of(min(max(end, found[subset]), size) for end in ends)
    return lost


def _sighting(
    cluster: SeenCluster, subset_of: Mapping[int, str], drawn: Mapping[str, Drawn]
) -> Sighting | None:
    """What is seen of a cluster across pieces; None where nothing is lost across."""
    pieces = Counter(subset_of[piece] for piece in cluster.members)
    count = pieces.total()
    if count < 2 or cluster.survives_outside:
        return None
    chances = sum(
        times * (times - 1) / 2 * drawn[subset].pair_chance for subset, times in pieces.items()
    )
    for (one, times), (other, others) in combinations(pieces.items(), 2):
        chances += times * others * drawn[one].fraction * drawn[other].fraction
    mean = chances / (count * (count - 1) / 2)
    whole = sum(drawn[subset].num_whole for subset in pieces)
    # Sums in another order differ in the last digits, and like sightings are to be one kind.
    return Sighting(count, *(float(f"{number:.9g}") for number in (mean, whole)))


class _Sum:
    """Adds up what clusters are worth to a subset, and what of it hangs on each piece."""

    def __init__(self) -> None:
        self.num_across = 0
        self.worth = 0.0
        self.influences: dict[int, float] = defaultdict(float)

    def add(self, worth: float, influences: Mapping[int, float]) -> None:
        """Add a cluster."""
        self.worth += worth
        for piece, influence in influences.items():
            self.influences[piece] += influence


def _margins(
    sums: Mapping[str, _Sum], subset_of: Mapping[int, str], drawn: Mapping[str, Drawn]
) -> dict[str, float]:
    """How far each subset's interval reaches to both sides.

    A piece that brings a cluster brings duplicates to all subsets that it lies in, so these err
    together, while totals add up subsets as if they erred apart: their margins are widened so that
    the total's is right.
    """
    everything: dict[int, float] = defaultdict(float)
    for each in sums.values():
        for piece, influence in each.influences.items():
            everything[piece] += influence
    margins = {
        subset: margin_of(each.influences, subset_of, drawn) for subset, each in sums.items()
    }
    apart = math.hypot(*margins.values())
    wider = max(1.0, margin_of(everything, subset_of, drawn) / apart) if apart else 1.0
    return {subset: margin * wider for subset, margin in margins.items()}
