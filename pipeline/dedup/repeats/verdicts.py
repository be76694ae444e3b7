"""Which anchors live and which occurrences go: by how often a key occurs, and where first."""

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s
from haybale.pipeline.dedup.repeats.occurrences import documents_of
from haybale.pipeline.dedup.repeats.order import order_by_key, runs_of_keys
from haybale.pipeline.dedup.repeats.rows import VERDICT
from haybale.pipeline.dedup.repeats.settings import SPAN, RepeatsSettings
from haybale.pipeline.shuffle import Rows, run_starts, take_rows


def live_anchors(rows: Rows) -> Rows:
    """Anchors that occur more than once.

    Args:
        rows: ANCHOR, in any order, all rows of any key among them.

    Returns:
        ANCHOR, each of a block once; sorted by key, then by block.
    """
    rows = _with_company(rows, rows["key"])
    rows = take_rows(rows, np.lexsort((rows["block"], rows["key"])))
    return take_rows(rows, run_starts(rows["key"], rows["block"]))


def _with_company(rows: Rows, words: UInt64s) -> Rows:
    """Rows of which another has the same word: the others need no closer look."""
    order = np.argsort(words)
    starts = run_starts(words[order])
    sizes = np.diff(np.r_[starts, len(order)])
    return take_rows(rows, order[np.repeat(sizes > 1, sizes)])


def decide(rows: Rows, settings: RepeatsSettings) -> tuple[npt.NDArray[np.int64], Rows]:
    """What the blocks that share keys are told.

    Args:
        rows: SHARED, in any order, all rows of any key among them.
        settings: What is looked for.

    Returns:
        int64[verdicts]: for which block; VERDICT, of keys that two blocks or more have and that
        occur often enough; sorted by key, those of a key in any order.
    """
    rows = _with_company(rows, rows["key"][:, 0])
    rows = take_rows(rows, order_by_key(rows["key"], stable=False))
    starts, sizes = runs_of_keys(rows["key"])
    if len(starts) == 0:
        return np.empty(0, np.int64), np.empty(0, VERDICT)
    counts = np.add.reduceat(rows["count"].astype(np.int64), starts)
    repeated = (sizes > 1) & (counts >= _thresholds(settings)[rows["kind"][starts]])
    first = _smallest(rows["id"], starts, sizes)
    told = np.flatnonzero(np.repeat(repeated, sizes))
    verdicts = np.empty(len(told), VERDICT)
    verdicts["key"], verdicts["first"] = rows["key"][told], first[told]
    return rows["block"][told].astype(np.int64), verdicts


def _smallest(
    ids: UInt64s, starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """bool[rows]: which has the smallest id of its run; cheaper than sorting."""
    high, low = ids[:, 0], ids[:, 1]
    leads = high == np.repeat(np.minimum.reduceat(high, starts), sizes)
    low = np.where(leads, low, np.iinfo(np.uint64).max)
    return np.asarray(leads & (low == np.repeat(np.minimum.reduceat(low, starts), sizes)))


def losing(occurrences: Rows, verdicts: Rows, settings: RepeatsSettings) -> npt.NDArray[np.bool_]:
    """Which occurrences of a block are cut.

    Args:
        occurrences: OCCURRENCE, as `find_occurrences` gives them.
        verdicts: VERDICT, for this block, sorted by key.
        settings: What is looked for.

    Returns:
        bool[occurrences].
    """
    starts, sizes = runs_of_keys(occurrences["key"])
    if len(starts) == 0:
        return np.empty(0, np.bool_)
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
