"""From duplicates among the pieces to duplicates in the whole.

A share of duplicates does not extrapolate: of two copies that lie in different pieces both must be
drawn to be seen, so a sample of a tenth sees a hundredth of such pairs. Copies within one piece are
seen whenever it is drawn. Each cluster of the sample is therefore counted in two parts, with f the
drawn share of the input its pieces come from:

    within pieces   a piece with m members loses m - 1: each is worth 1 / f
    across          a cluster in g pieces loses g - 1 more:

        least       (g - 1) / f: what would be lost if nothing else had a copy
        best        pairs 1 / f^2, triples 3 / f^2 - 1 / f^3, and from four on g / f - 1
        most        pairs and triples by their pairs, 1 / f^2 each; from four on g / f

Where s copies lie in s pieces, s - 1 are lost, and a sample finds each k of them together with
probability f^k. Sampled pairs / f^2 are C(s, 2) on average (Horvitz and Thompson 1952), never
less than s - 1, and s - 1 = C(s, 2) - C(s, 3) for two and three copies, by inclusion and exclusion.
Larger clusters are seen anyway, and their size is g / f. Which clusters a sample happens to meet is
chance too: as if they came one by one, the error is the root of the sum of what each is worth,
squared (as of a Poisson sum). Where none is met up to MOST_UNSEEN may be there.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from haybale.corpus.storage import Folder
from haybale.pipeline.estimate.quantities import Quantity
from haybale.pipeline.estimate.strata import NORMAL
from haybale.pipeline.kept.signatures import signatures_path
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.rows.tables import read_table

MOST_UNSEEN = 3.0
"""Clusters that may be there where none is seen: the upper end, of 95 in 100, of a count of 0."""
_FEW = 3
"""Clusters in so many pieces are counted by their pairs, larger ones by their size."""


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


def across(num_pieces: int, fraction: float) -> Quantity:
    """What a cluster seen in so many pieces stands for, in removed documents.

    Args:
        num_pieces: At least 2.
        fraction: Of the input that was drawn, in (0, 1].
    """
    if num_pieces < 2:
        return Quantity.exact(0.0, "measured")
    least, by_size = (num_pieces - 1) / fraction, num_pieces / fraction
    if num_pieces > _FEW:
        return Quantity(by_size - 1, least, by_size) if fraction < 1 else _seen(num_pieces)
    pairs = num_pieces * (num_pieces - 1) / 2 / fraction**2
    triples = (num_pieces - 2) / fraction**3
    if fraction == 1:
        return _seen(num_pieces)
    return Quantity(max(least, pairs - triples), least, pairs)


def _seen(num_pieces: int) -> Quantity:
    return Quantity.exact(num_pieces - 1, "measured")


def count_lost(
    folder: Folder, parts: Sequence[Part], fractions: Mapping[str, float], sizes: Mapping[str, int]
) -> dict[str, Lost]:
    """Removed documents by subset.

    Args:
        folder: The sample's corpus.
        parts: Its plan, a part a piece.
        fractions: Drawn share of each subset's input.
        sizes: Documents of each subset that deduplication sees, of the whole; the most that may be
            lost.
    """
    members, removed, num_bytes = _clusters(folder, parts)
    subset_of = {part.number: part.subset for part in parts}
    sums = {subset: _Sum() for subset in sizes}
    for cluster, pieces in members.items():
        worth: dict[str, Quantity] = defaultdict(lambda: Quantity.exact(0.0, "measured"))
        for piece, count in pieces.items():
            subset = subset_of[piece]
            once = (count - 1) / fractions[subset]
            worth[subset] += Quantity.exact(once, "measured")
        logs = [np.log(fractions[subset_of[piece]]) for piece in pieces]
        more = across(len(pieces), float(np.exp(np.mean(logs))))
        gone = Counter(subset_of[piece] for piece in removed[cluster])
        for subset, count in gone.items():
            worth[subset] += more.scaled(count / gone.total())
        for subset, each in worth.items():
            sums[subset].add(each)
    found = Counter(subset_of[piece] for pieces in removed.values() for piece in pieces)
    return {
        subset: Lost(
            found[subset],
            num_bytes[subset],
            sums[subset].quantity(found[subset], size, fractions[subset]),
        )
        for subset, size in sizes.items()
    }


class _Sum:
    """Adds up what clusters are worth."""

    def __init__(self) -> None:
        self._total = Quantity.exact(0.0, "measured")
        self._squares = Quantity.exact(0.0, "measured")

    def add(self, worth: Quantity) -> None:
        """Add a cluster."""
        self._total += worth
        self._squares += worth.times(worth)

    def quantity(self, found: int, size: int, fraction: float) -> Quantity:
        """The sum with its interval, between what was found and what there is."""
        if fraction == 1 and self._total.high == found:
            return Quantity.exact(found, "measured")
        unseen = MOST_UNSEEN / fraction**2 if self._total.high == 0 else 0.0
        low = self._total.low - NORMAL * self._squares.low**0.5
        high = self._total.high + NORMAL * self._squares.high**0.5 + unseen
        value, low, high = (min(max(end, found), size) for end in (self._total.value, low, high))
        return Quantity(value, low, high)


def _clusters(
    folder: Folder, parts: Sequence[Part]
) -> tuple[dict[bytes, Counter[int]], dict[bytes, list[int]], Counter[str]]:
    """Members of each cluster by piece, pieces of those removed, and text removed by subset."""
    members: dict[bytes, Counter[int]] = defaultdict(Counter)
    removed: dict[bytes, list[int]] = defaultdict(list)
    survivors: dict[bytes, bytes] = {}
    num_bytes: Counter[str] = Counter()
    for part in parts:
        path = f"dedup/removals/{part.name}.arrow"
        table = read_table(folder, path, ["row", "survivor", "cluster", "corpus"])
        sizes = read_table(folder, signatures_path(part.name), ["text_bytes"]).column(0).to_numpy()
        for row in table.to_pylist():
            num_bytes[part.subset] += int(sizes[row["row"]])
            members[row["cluster"]][part.number] += 1
            removed[row["cluster"]].append(part.number)
            if row["corpus"] is None:
                survivors[row["survivor"]] = row["cluster"]
    for part in parts:
        ids = read_table(folder, signatures_path(part.name), ["doc_id"]).column(0).to_pylist()
        for doc_id in ids:
            if doc_id in survivors:
                members[survivors[doc_id]][part.number] += 1
    return members, removed, num_bytes
