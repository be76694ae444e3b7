"""Exact duplicates: documents whose texts or URLs have the same digest."""

import numpy as np

from haybale.pipeline.dedup.rows import EXACT_REMOVED, Rows
from haybale.pipeline.shuffle import run_starts


def find_exact(rows: Rows) -> Rows:
    """Everyone but the first of each digest, in order of rank and id.

    Args:
        rows: EXACT, in any order, all rows of any digest among them.

    Returns:
        EXACT_REMOVED.
    """
    columns = [column for name in ("digest", "rank", "id") for column in rows[name].T]
    rows = rows[np.lexsort(columns[::-1])]
    starts = run_starts(rows["digest"][:, 0], rows["digest"][:, 1])
    first = np.repeat(starts, np.diff(np.r_[starts, len(rows)]))
    gone = np.flatnonzero(first != np.arange(len(rows)))
    removed = np.empty(len(gone), EXACT_REMOVED)
    removed["address"] = rows["address"][gone]
    removed["survivor"] = rows["address"][first[gone]]
    removed["survivor_id"] = rows["id"][first[gone]]
    return removed
