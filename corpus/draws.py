"""Draws: samples of documents that are the same whatever the split, the order or the workers.

Of a group, the documents whose keyed digests are smallest make a uniform sample. Samples of parts
merge to the sample of the whole, because what is among the smallest of all is among the smallest
of its part.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.digests import UInt64s, derive_seed, keyed_digests


def draw_order(seed: int, doc_ids: pa.Array) -> UInt64s:
    """uint64[documents] by which documents are drawn: fixed by seed and id alone.

    Args:
        seed: The recipe's.
        doc_ids: fixed_size_binary(16)[documents].
    """
    return keyed_digests(derive_seed(seed, "dropped"), doc_ids)


def smallest(rows: pa.Table, count: int, by: Sequence[str]) -> pa.Table:
    """Of each group, the rows of smallest order; sorted by group, then order, then id.

    Args:
        rows: With columns `order` (uint64), `doc_id` and those of `by`, none with nulls.
        count: Rows kept of a group.
        by: Columns of strings that make groups; none: all rows are one.
    """
    if rows.num_rows == 0:
        return rows
    keys = [(name, "ascending") for name in (*by, "order", "doc_id")]
    rows = rows.take(pc.sort_indices(rows, keys))
    begins = np.zeros(rows.num_rows, np.bool_)
    begins[0] = True
    for name in by:
        values: npt.NDArray[np.object_] = rows.column(name).to_numpy()
        begins[1:] |= values[1:] != values[:-1]
    first = np.flatnonzero(begins)
    rank = np.arange(len(begins)) - np.repeat(first, np.diff(np.r_[first, len(begins)]))
    return rows.filter(pa.array(rank < count))
