"""Sets of shingles of candidate documents, part by part: what verification compares.

Every candidate's text is read once, in its part; from then on pairs from anywhere are compared
without texts.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s
from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.rows import Rows, part_of, row_of
from haybale.pipeline.dedup.shingles import shingle_sets
from haybale.pipeline.jobs.candidates import read_candidates
from haybale.pipeline.jobs.regions import region_of
from haybale.pipeline.kept.documents import take_documents
from haybale.pipeline.rows.tables import read_rows, write_rows
from haybale.pipeline.units.steps import UnitResult
from haybale.pipeline.units.worker import PartWorker

SETS_FOLDER = "run/deduplicate/sets"
"""8 bytes for each distinct shingle of a candidate; removed once pairs are verified."""

SET = np.dtype([("row", "u8"), ("start", "u8"), ("length", "u8")])
"""A document of a part, and where its shingles are."""


def _sets_path(part: int) -> str:
    return f"{SETS_FOLDER}/{part:05d}.npy"


def _hashes_path(part: int) -> str:
    return f"{SETS_FOLDER}/{part:05d}.hashes.npy"


class ShingleSets:
    """The sets of a part's candidates, mapped into memory where the folder is local."""

    def __init__(self, folder: Folder, part: int) -> None:
        self._sets = read_rows(folder, _sets_path(part))
        self._hashes = read_rows(folder, _hashes_path(part))
        self._rows = np.ascontiguousarray(self._sets["row"])

    def lengths(self, rows: UInt64s) -> UInt64s:
        """Sizes of the sets of some candidates."""
        return np.asarray(self._sets["length"][np.searchsorted(self._rows, rows)])

    def take(self, rows: UInt64s) -> list[UInt64s]:
        """The sets of some candidates, each sorted."""
        found = self._sets[np.searchsorted(self._rows, rows)]
        hashes: UInt64s = self._hashes  # type: ignore[assignment]
        return [hashes[start : start + length] for _, start, length in found.tolist()]


@dataclass
class ShinglesWorker(PartWorker):
    """Writes each part's sets; see `haybale.pipeline.units.worker.UnitWorker`.

    Attributes:
        num_passes: In which candidates were found.
        num_signed_parts: Parts of the plan and of earlier corpora.
    """

    num_passes: int
    num_signed_parts: int

    def do(self, unit: int) -> UnitResult:
        """Read the texts of one part's candidates and write their sets."""
        folder, part = Folder(self.output), self._parts[unit]
        settings = self._loaded.recipe.dedup
        assert settings is not None
        assert settings.scheme is not None
        region = int(region_of(np.array([unit]), self.num_signed_parts)[0])
        pairs = read_candidates(folder, self.num_passes, region)
        # Pairs with an earlier corpus are estimated.
        pairs = pairs[part_of(pairs["b"]) < len(self._parts)]
        rows = _rows_of_part(pairs, unit)
        lengths, hashes = [], [np.empty(0, np.uint64)]
        for batch in take_documents(folder, part.name, rows, ["text"]):
            sets = shingle_sets(batch.column("text"), settings.scheme.shingles)
            lengths += [len(each) for each in sets]
            hashes += sets
        found = np.empty(len(rows), SET)
        found["row"], found["length"] = rows, lengths
        found["start"] = np.r_[0, np.cumsum(found["length"])[:-1]] if len(rows) else 0
        files = (
            write_rows(folder, _sets_path(unit), found),
            write_rows(folder, _hashes_path(unit), np.concatenate(hashes)),
        )
        return UnitResult(files=files, facts={"documents": len(rows)})


def _rows_of_part(pairs: Rows, part: int) -> npt.NDArray[np.int64]:
    """Rows of a part that stand in pairs, distinct and sorted."""
    ends = [pairs[end][part_of(pairs[end]) == part] for end in "ab"]
    return np.unique(row_of(np.concatenate(ends)))
