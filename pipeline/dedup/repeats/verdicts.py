"""Which anchors live and which occurrences go: by how often a key occurs, and where first."""

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s
from haybale.pipeline.dedup.repeats.occurrences import documents_of
from haybale.pipeline.dedup.repeats.rows import VERDICT
from haybale.pipeline.dedup.repeats.settings import SPAN, RepeatsSettings
from haybale.pipeline.shuffle import Rows, run_starts


def live_anchors(rows: Rows) -> Rows:
    """Anchors that occur more than once.

    Args:
        rows: ANCHOR, in any order, all rows of any key among them.

    Returns:
        ANCHOR, each block's once; sorted by key, then by block.
    """
    rows = rows[np.lexsort((rows["block"], rows["key"]))]
    starts = run_starts(rows["key"])
    sizes = np.diff(np.r_[starts, len(rows)])
    alive = rows[np.repeat(sizes > 1, sizes)]
    return np.asarray(alive[run_starts(alive["key"], alive["block"])])


def decide(rows: Rows, settings: RepeatsSettings) -> tuple[npt.NDArray[np.int64], Rows]:
    """What the blocks that share keys are told.

    Args:
        rows: SHARED, in any order, all rows of any key among them.
        settings: What is looked for.

    Returns:
        int64[verdicts]: for which block; VERDICT, of keys that two blocks or more have and that
        occur often enough; sorted by key, then by block.
    """
    rows = _with_company(rows)
    key, first = rows["key"], rows["id"]
    rows = rows[np.lexsort((first[:, 1], first[:, 0], key[:, 1], key[:, 0]))]
    starts = run_starts(rows["key"][:, 0], rows["key"][:, 1])
    if len(starts) == 0:
        return np.empty(0, np.int64), np.empty(0, VERDICT)
    sizes = np.diff(np.r_[starts, len(rows)])
    counts = np.add.reduceat(rows["count"].astype(np.int64), starts)
    repeated = (sizes > 1) & (counts >= _thresholds(settings)[rows["kind"][starts]])
    told = np.repeat(repeated, sizes)
    verdicts = np.zeros(int(told.sum()), VERDICT)
    verdicts["key"] = rows["key"][told]
    leads = np.zeros(len(rows), np.bool_)
    leads[starts] = True
    verdicts["first"] = leads[told]
    return rows["block"][told].astype(np.int64), verdicts


def _with_company(rows: Rows) -> Rows:
    """Rows of which another has the same first word of the key: sorting all of them costs more."""
    rows = rows[np.argsort(rows["key"][:, 0])]
    starts = run_starts(rows["key"][:, 0])
    sizes = np.diff(np.r_[starts, len(rows)])
    return np.asarray(rows[np.repeat(sizes > 1, sizes)])


def losing(occurrences: Rows, verdicts: Rows, settings: RepeatsSettings) -> npt.NDArray[np.bool_]:
    """Which occurrences of a block are cut.

    Args:
        occurrences: OCCURRENCE, as `find_occurrences` gives them.
        verdicts: VERDICT, for this block, sorted by key.
        settings: What is looked for.

    Returns:
        bool[occurrences].
    """
    starts = run_starts(occurrences["key"][:, 0], occurrences["key"][:, 1])
    if len(starts) == 0:
        return np.empty(0, np.bool_)
    sizes = np.diff(np.r_[starts, len(occurrences)])
    kinds = occurrences["kind"][starts]
    counts = np.where(kinds == SPAN, sizes, documents_of(occurrences, starts))
    repeated = counts >= _thresholds(settings)[kinds]
    has_first = repeated.copy()
    place = _places(occurrences["key"][starts], verdicts["key"])
    repeated[place] = True
    has_first[place] = verdicts["first"] == 1
    has_first &= ~_keeps_none(settings)[kinds]
    # What stays: of a span the first occurrence, of a block all those in the first document.
    begins = np.repeat(starts, sizes)
    first_row = occurrences["row"] == occurrences["row"][begins]
    is_first = np.arange(len(occurrences)) == begins
    spared = np.where(occurrences["kind"] == SPAN, is_first, first_row)
    lost = np.repeat(repeated, sizes) & ~(spared & np.repeat(has_first, sizes))
    return np.asarray(lost)


def _thresholds(settings: RepeatsSettings) -> npt.NDArray[np.int64]:
    """How often a key of each kind must occur to be a repeat."""
    tables = [settings.of(kind) for kind in range(SPAN + 1)]
    return np.array([getattr(table, "min_documents", 2) for table in tables], np.int64)


def _keeps_none(settings: RepeatsSettings) -> npt.NDArray[np.bool_]:
    tables = [settings.of(kind) for kind in range(SPAN + 1)]
    return np.array([table is not None and table.keep == "none" for table in tables])


def _places(keys: UInt64s, wanted: UInt64s) -> npt.NDArray[np.int64]:
    """Places of wanted keys among keys; these sorted by row, each wanted one present."""
    places = np.searchsorted(keys[:, 0], wanted[:, 0])
    while (others := keys[places, 1] != wanted[:, 1]).any():
        places += others
    return places
