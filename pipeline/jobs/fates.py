"""Fates: for each document that deduplication removed the survivor that stands for it.

A document may have gone for one that went itself, by another key or as a near-duplicate: whoever
removed it is followed to a document that stays. What has equal words has equal shingles, so a
similarity that is found on the way is the document's own; a shared URL, or a key of another
package, says nothing of texts: from there on nothing is known.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s
from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.keys import key_of
from haybale.pipeline.dedup.rows import Rows, part_of
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.jobs.exact import exact_removed

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NEAR_METHODS = {"exact": "minhash/jaccard@1", "estimate": "minhash/estimate@1"}


@dataclass
class Gone:
    """Removed documents.

    Attributes:
        address: uint64[documents].
        survivor: uint64[documents]: address of the document that stands for each.
        survivor_id: uint64[documents, 2].
        similarity: float64[documents]; NaN where texts were not compared.
        methods: object[documents]: how they were found.
    """

    address: UInt64s
    survivor: UInt64s
    survivor_id: UInt64s
    similarity: npt.NDArray[np.float64]
    methods: npt.NDArray[np.object_]


class Fates:
    """Finds them part by part.

    Args:
        folder: The corpus folder.
        num_own: Parts of this build; those of earlier corpora come after them.
        settings: What was looked for.
        near: REMOVED rows of the whole corpus, sorted by address.
    """

    def __init__(self, folder: Folder, num_own: int, settings: DedupSettings, near: Rows) -> None:
        self._num_own = num_own
        self._keys, self._near = settings.exact_keys, near
        self._verify = settings.verify
        self._removed = cache(lambda key, part: exact_removed(folder, key, part))

    def of_part(self, part: int) -> Gone:
        """Who of a part is gone, and for whom."""
        near = rows_of_part(self._near, part)
        found = [self._followed(key, self._removed(key, part)) for key in self._keys]
        found.append(
            Gone(
                near["address"],
                near["survivor"],
                near["survivor_id"],
                near["shared"] / near["united"],
                self._near_methods(near["survivor"]),
            )
        )
        names = vars(found[0])
        return Gone(**{name: np.concatenate([vars(one)[name] for one in found]) for name in names})

    def _followed(self, key: str, rows: Rows) -> Gone:
        """Documents that went by a key, and the survivors at the end of their ways."""
        similarity = np.full(len(rows), 1.0 if key_of(key).same_words else np.nan)
        methods = np.full(len(rows), key_of(key).method, object)
        gone = Gone(
            rows["address"].copy(),
            rows["survivor"].copy(),
            rows["survivor_id"].copy(),
            similarity,
            methods,
        )
        for later in self._keys[self._keys.index(key) + 1 :]:
            parts = np.unique(part_of(gone.survivor))
            for part in parts[parts < self._num_own]:
                self._replace(gone, self._removed(later, int(part)), later)
        self._replace(gone, self._near, None)
        return gone

    def _near_methods(self, survivors: UInt64s) -> npt.NDArray[np.object_]:
        """How near-duplicates of these were found; the texts of earlier corpora are not read."""
        methods = np.full(len(survivors), NEAR_METHODS[self._verify], object)
        methods[part_of(survivors) >= self._num_own] = NEAR_METHODS["estimate"]
        return methods

    def _replace(self, gone: Gone, rows: Rows, key: str | None) -> None:
        """Put later survivors in the place of those who went too; no key: near-duplicates."""
        place, also_gone = find(rows["address"], gone.survivor)
        via = rows[place[also_gone]]
        gone.survivor[also_gone] = via["survivor"]
        gone.survivor_id[also_gone] = via["survivor_id"]
        known = ~np.isnan(gone.similarity[also_gone])
        at, via = np.flatnonzero(also_gone)[known], via[known]
        if key is None:
            gone.methods[at] = self._near_methods(via["survivor"])
            gone.similarity[at] = via["shared"] / via["united"]
        else:
            gone.methods[at] = key_of(key).method
            gone.similarity[at] = 1.0 if key_of(key).same_words else np.nan


def rows_of_part(rows: Rows, part: int) -> Rows:
    """The rows of one part, from rows sorted by address."""
    edges = np.array([part << 32, (part + 1) << 32], np.uint64)
    start, stop = np.searchsorted(rows["address"], edges)
    return np.asarray(rows[start:stop])


def find(haystack: UInt64s, needles: UInt64s) -> tuple[Int64s, Bools]:
    """Place of each needle in a sorted haystack (any place where it is not), and whether it is."""
    if len(haystack) == 0:
        return np.zeros(len(needles), np.int64), np.zeros(len(needles), np.bool_)
    place = np.minimum(np.searchsorted(haystack, needles), len(haystack) - 1)
    return place, haystack[place] == needles
