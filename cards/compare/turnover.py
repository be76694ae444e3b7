"""Which documents two versions of a corpus share: exact, estimated, or bounded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from haybale.cards.card import Card
from haybale.cards.intervals import wilson
from haybale.corpus.arrow_files import id_bytes
from haybale.corpus.digests import keyed_digests
from haybale.corpus.id_lists import KEPT_PATH
from haybale.corpus.storage import Folder

MAX_EXACT_DOCUMENTS = 20_000_000
"""Ids of so many documents are held in memory, 16 bytes each, for either version; of more
documents those are compared whose digest is below a bound, about this many."""

_SEED = 0x7E2D
"""Of the digests that a sample is drawn by; any number would do."""

_ROWS = 1 << 20

Ids = npt.NDArray[np.bytes_]


@dataclass(frozen=True)
class Turnover:
    """Documents that stayed, left and came.

    Attributes:
        how: `exact`: every id was compared. `sample`: those of a uniform sample of all ids in
            either version. `bounds`: no lists of ids are at hand, and only totals were compared.
        before: Documents of the old version.
        after: Documents of the new version.
        stayed: In both: a number, estimated where `how` is `sample`, null where it is `bounds`.
        low: Lower bound of `stayed`, 95 % where it was estimated.
        high: Upper bound.
        n: Ids that were compared.
    """

    how: str
    before: int
    after: int
    stayed: int | None
    low: int
    high: int
    n: int

    def as_json(self) -> dict[str, Any]:
        """For `card.json`."""
        return vars(self)


def turnover(old: Card, new: Card, old_folder: Folder, new_folder: Folder) -> Turnover:
    """Compare the documents of two corpora, by the lists of ids beside their cards.

    An id tells where in its source a document stands: one whose text changed in the same place
    stays, one that moved to another place of another file leaves and comes.

    Args:
        old: The earlier card.
        new: The later card.
        old_folder: Holding `card/ids/` of the earlier one, if it has it.
        new_folder: Likewise of the later one.
    """
    before, after = (int(card.value("corpus.documents")) for card in (old, new))
    if not (old_folder.exists(KEPT_PATH) and new_folder.exists(KEPT_PATH)):
        return Turnover("bounds", before, after, None, 0, min(before, after), 0)
    most = max(before, after)
    share = 1.0 if most <= MAX_EXACT_DOCUMENTS else MAX_EXACT_DOCUMENTS / most
    ours, theirs = (_drawn(folder, share) for folder in (old_folder, new_folder))
    common = len(np.intersect1d(ours, theirs, assume_unique=True))
    compared = len(ours) + len(theirs) - common
    if share == 1.0:
        return Turnover("exact", before, after, common, common, common, compared)
    return _estimate(before, after, common, compared)


def _estimate(before: int, after: int, common: int, compared: int) -> Turnover:
    """How many stayed, from the share of ids in either version that are in both.

    With share j of a union, stayed = j (before + after) / (1 + j): the union is both less what is
    counted twice.
    """

    def stayed(share: float) -> int:
        return round(share * (before + after) / (1 + share))

    low, high = wilson(common, compared)
    most = min(before, after)
    guess = min(most, stayed(common / compared))
    return Turnover("sample", before, after, guess, stayed(low), min(most, stayed(high)), compared)


def _drawn(folder: Folder, share: float) -> Ids:
    """Ids of a corpus, or those of them whose digest is among the lowest share of all digests."""
    bound = np.uint64(min((1 << 64) - 1, int(share * (1 << 64))))
    return np.concatenate(
        [np.empty(0, "S16"), *(_below(ids, bound) for ids in _ids(folder))]
        if share < 1
        else [np.empty(0, "S16"), *(id_bytes(ids) for ids in _ids(folder))]
    )


def _below(ids: Any, bound: np.uint64) -> Ids:
    return id_bytes(ids)[keyed_digests(_SEED, ids) < bound]


def _ids(folder: Folder) -> Iterator[Any]:
    with folder.open(KEPT_PATH) as source:
        for batch in pq.ParquetFile(source).iter_batches(_ROWS, columns=["doc_id"]):
            yield batch.column("doc_id")
