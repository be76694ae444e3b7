"""What was dropped: a bounded sample of each rule's, the same whatever the split or the order."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus import draws
from haybale.pipeline.ingesting.decide import Decisions
from haybale.pipeline.sources.records import Unreadable

SAMPLE_SIZE = 64
"""Documents kept per rule and part: as many as are drawn of a rule and subset in the whole, so that
the draw is the same whatever the split."""
EXCERPT_CHARACTERS = 10_000
"""Most documents are whole then; of the others it tells why they went, and about how many tokens
they would have had."""

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
        pa.field("records", pa.int64(), nullable=False),
    ]
)
"""A record that could not be read, or several that were lost together: where the first begins, a
fixed word for why, what the parser said, source bytes and how many records, as far as known."""


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
        "order": pa.array(draws.draw_order(seed, rows.column("doc_id"))),
        "text": text,
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in DROPPED.names], schema=DROPPED)


def unreadable_rows(records: Sequence[Unreadable]) -> pa.RecordBatch:
    """What could not be read, with schema UNREADABLE."""
    rows = [
        {
            "file": record.name,
            "position": record.position,
            "reason": record.reason,
            "detail": record.detail,
            "bytes": record.num_bytes,
            "records": record.num_records,
        }
        for record in records
    ]
    return pa.RecordBatch.from_pylist(rows, schema=UNREADABLE)


def smallest(rows: pa.Table, count: int) -> pa.Table:
    """Per rule, the rows of smallest order; see `haybale.corpus.draws`."""
    return draws.smallest(rows, count, ["rule"])


def _values(decisions: Decisions, gone: pa.Array, rules: pa.Array) -> pa.Array:
    values = pa.nulls(len(rules), pa.float64())
    for rule, measured in decisions.values.items():
        values = pc.if_else(pc.equal(rules, rule), measured.filter(gone), values)
    return values
