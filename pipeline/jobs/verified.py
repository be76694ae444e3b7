"""Verification, region by region: candidate pairs to those above the threshold, and to kin.

Kin are alike by less than the threshold but more than the threshold less `split_margin`: nobody is
removed for them, and they are left apart from the verified pairs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s
from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.presets import MAX_STORED_HASHES
from haybale.pipeline.dedup.rows import VERIFIED, Rows, part_of, row_of
from haybale.pipeline.dedup.verify import cut_blocks, estimated_jaccard, jaccard
from haybale.pipeline.jobs.candidates import limited_buckets, read_candidates
from haybale.pipeline.jobs.regions import region_of
from haybale.pipeline.jobs.shingles import ShingleSets
from haybale.pipeline.kept.signed_parts import SignedParts, SignedPartWorker
from haybale.pipeline.rows.tables import write_rows
from haybale.pipeline.units.steps import UnitResult

KIN_FOLDER = "run/deduplicate/kin"
"""Where the kin of each region are left, as VERIFIED."""

BLOCK_BYTES = 64 << 20
"""Sets or signatures of about so many bytes are compared at a time."""

Int64s = npt.NDArray[np.int64]
Measure = Callable[[UInt64s, Int64s, Int64s], tuple[Int64s, Int64s]]


@dataclass
class VerifyWorker(SignedPartWorker):
    """Verifies the pairs of regions; see `haybale.pipeline.units.worker.UnitWorker`.

    Attributes:
        num_passes: In which candidates were found.
    """

    num_passes: int

    def name(self, unit: int) -> str:
        """The region's number."""
        return f"{unit:05d}"

    def do(self, unit: int) -> UnitResult:
        """Verify the pairs whose first document is in the region."""
        folder, num_parts = Folder(self.output), self._signed.count
        settings = self._loaded.recipe.dedup
        assert settings is not None
        assert settings.scheme is not None
        pairs = read_candidates(folder, self.num_passes, unit)
        pairs = pairs[region_of(part_of(pairs["a"]), num_parts) == unit]
        # The texts of earlier corpora are not read.
        is_exact = part_of(pairs["b"]) < self._signed.num_own
        is_exact &= settings.verify == "exact"
        bounds = settings.scheme.exact_threshold, settings.kin_threshold
        found, found_kin = [np.empty(0, VERIFIED)], [np.empty(0, VERIFIED)]
        sides = ((is_exact, _Sets(folder)), (~is_exact, _Signatures(self._signed)))
        for chosen, source in sides:
            for block in _blocks(pairs[chosen], source.num_bytes):
                verified, kin = _above(block, *bounds, source.measure)
                found.append(verified)
                found_kin.append(kin)
        verified, kin = np.concatenate(found), np.concatenate(found_kin)
        self._name_ends(verified)
        self._name_ends(kin)
        files = (
            write_rows(folder, f"run/{self.step.name}/{unit:05d}.npy", verified),
            write_rows(folder, f"{KIN_FOLDER}/{unit:05d}.npy", kin),
        )
        facts = {
            "candidate_pairs": len(pairs),
            "verified_pairs": len(verified),
            "kin_pairs": len(kin),
        }
        if unit == 0:
            facts["limited_buckets"] = limited_buckets(folder, self.num_passes, num_parts)
        return UnitResult(files=files, facts=facts)

    def _name_ends(self, pairs: Rows) -> None:
        """Fill in ranks and ids."""
        for end in "ab":
            for part, at in _by_part(pairs[end]):
                ids, ranks = self._signed.ids_and_ranks(part)
                rows = row_of(pairs[end][at])
                pairs[f"{end}_rank"][at], pairs[f"{end}_id"][at] = ranks[rows], ids[rows]


def _above(
    pairs: Rows, threshold: Fraction, kin_threshold: Fraction, measure: Measure
) -> tuple[Rows, Rows]:
    """VERIFIED of pairs above the threshold, and of kin; ranks and ids are not filled in."""
    wanted = np.unique(np.r_[pairs["a"], pairs["b"]])
    ends = (np.searchsorted(wanted, pairs[end]) for end in "ab")
    shared, united = measure(wanted, *ends)
    above, akin = (
        shared * bound.denominator > united * bound.numerator
        for bound in (threshold, kin_threshold)
    )

    def rows(chosen: npt.NDArray[np.bool_]) -> Rows:
        found = np.zeros(int(chosen.sum()), VERIFIED)
        found["a"], found["b"] = pairs["a"][chosen], pairs["b"][chosen]
        found["shared"], found["united"] = shared[chosen], united[chosen]
        return found

    return rows(above), rows(akin & ~above)


def _blocks(pairs: Rows, num_bytes: Callable[[UInt64s], Int64s]) -> Iterator[Rows]:
    """Cut sorted pairs into blocks that fit into memory."""
    if len(pairs) == 0:
        return
    wanted = np.unique(np.r_[pairs["a"], pairs["b"]])
    sizes = num_bytes(wanted)
    both = sum(sizes[np.searchsorted(wanted, pairs[end])] for end in "ab")
    for block in cut_blocks(np.asarray(both, np.int64), BLOCK_BYTES):
        yield pairs[block]


def _by_part(addresses: UInt64s) -> Iterator[tuple[int, Int64s]]:
    """Parts of addresses, and the places of those that lie in them."""
    parts = part_of(addresses)
    for part in np.unique(parts):
        yield int(part), np.flatnonzero(parts == part)


class _Sets:
    """Measures from sets of shingles."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def num_bytes(self, wanted: UInt64s) -> Int64s:
        sizes = np.empty(len(wanted), np.int64)
        for part, at in _by_part(wanted):
            sizes[at] = 8 * ShingleSets(self._folder, part).lengths(row_of(wanted[at]))
        return sizes

    def measure(self, wanted: UInt64s, left: Int64s, right: Int64s) -> tuple[Int64s, Int64s]:
        sets: list[UInt64s] = []
        for part, at in _by_part(wanted):  # sorted addresses: part by part is in order
            sets += ShingleSets(self._folder, part).take(row_of(wanted[at]))
        return jaccard(sets, left, right)


class _Signatures:
    """Measures from MinHash values."""

    def __init__(self, parts: SignedParts) -> None:
        self._parts = parts

    def num_bytes(self, wanted: UInt64s) -> Int64s:
        return np.full(len(wanted), 4 * MAX_STORED_HASHES, np.int64)

    def measure(self, wanted: UInt64s, left: Int64s, right: Int64s) -> tuple[Int64s, Int64s]:
        found = []
        for part, at in _by_part(wanted):
            column = self._parts.read(part, ["minhash"]).column(0)
            values = column.flatten().to_numpy().reshape(len(column), -1)
            found.append(values[row_of(wanted[at])])
        return estimated_jaccard(np.concatenate(found), left, right)
