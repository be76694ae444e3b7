"""What was dropped: a bounded sample of each rule's, the same whatever the split or the order."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.digests import derive_seed, keyed_digests
from haybale.pipeline.decide import Decisions

SAMPLE_SIZE = 16
"""Documents kept per rule and part."""
EXCERPT_CHARACTERS = 2000

DROPPED = pa.schema(
    [
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("language", pa.string()),
        pa.field("url", pa.string()),
        pa.field("order", pa.uint64(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
    ]
)
"""A dropped document. `rule`: the first that failed. `value`: what it measured. `order`: its keyed
digest; per rule, those with the smallest make a uniform sample. `text`: whole, or an excerpt."""

UNREADABLE = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("position", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
    ]
)
"""A record that could not be read: where it begins, a fixed word for why, and what the parser said.
"""


def dropped_rows(
    documents: pa.RecordBatch, decisions: Decisions, seed: int, *, whole: bool
) -> pa.RecordBatch:
    """The dropped documents of a batch, with schema DROPPED.

    Args:
        documents: Schema DOCUMENTS.
        decisions: For the same rows.
        seed: The recipe's.
        whole: Whole texts; else excerpts.
    """
    gone = pc.invert(decisions.kept)
    rows = documents.filter(gone)
    rules = decisions.reason.filter(gone)
    text = rows.column("text")
    if not whole:
        text = pc.utf8_slice_codeunits(text, 0, EXCERPT_CHARACTERS)
    columns = {
        "doc_id": rows.column("doc_id"),
        "subset": rows.column("subset"),
        "rule": rules,
        "value": _values(decisions, gone, rules),
        "language": rows.column("language"),
        "url": rows.column("url"),
        "order": pa.array(sample_order(seed, rows.column("doc_id"))),
        "text": text,
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in DROPPED.names], schema=DROPPED)


def sample_order(seed: int, doc_ids: pa.Array) -> npt.NDArray[np.uint64]:
    """uint64[documents] by which samples of dropped documents are drawn."""
    return keyed_digests(derive_seed(seed, "dropped"), doc_ids)


def smallest(rows: pa.Table | pa.RecordBatch, count: int) -> pa.Table:
    """Per rule, the rows of smallest order: merging such samples gives the sample of the whole."""
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
    if table.num_rows == 0:
        return table
    table = table.take(
        pc.sort_indices(
            table, [("rule", "ascending"), ("order", "ascending"), ("doc_id", "ascending")]
        )
    )
    rules: npt.NDArray[Any] = table.column("rule").to_numpy()
    first = np.flatnonzero(np.r_[True, rules[1:] != rules[:-1]])
    rank = np.arange(len(rules)) - np.repeat(first, np.diff(np.r_[first, len(rules)]))
    return table.filter(pa.array(rank < count))


def _values(decisions: Decisions, gone: pa.Array, rules: pa.Array) -> pa.Array:
    values = pa.nulls(len(rules), pa.float64())
    for rule, measured in decisions.values.items():
        values = pc.if_else(pc.equal(rules, rule), measured.filter(gone), values)
    return values
