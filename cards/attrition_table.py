"""The whole cube of what happened to documents, as a table: `card/attrition.parquet`."""

import pyarrow as pa

from haybale.corpus.ledger import Ledger

ATTRITION = pa.schema(
    [
        pa.field("stage", pa.string(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("text_bytes", pa.int64(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
        pa.field("items", pa.int64(), nullable=False),
    ]
)
"""A row for each account of the ledger; `haybale.corpus.ledger.Outcome` says what outcomes count.

`rule` and `language` are empty where they do not apply or are not known; `tokens` is 0 for what
never met the tokenizer, which only the corpus did; `items` is what was found within documents.
"""


def attrition_table(ledger: Ledger) -> pa.Table:
    """Schema ATTRITION, sorted by stage, outcome, rule, subset and language."""
    rows = [{**account._asdict(), **vars(amount)} for account, amount in ledger.rows()]
    rows.sort(key=lambda row: [row[name] for name in ATTRITION.names[:5]])
    return pa.Table.from_pylist(rows, ATTRITION)
