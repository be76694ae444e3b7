"""What a stage after deduplication takes out of the survivors: spans of text, and whole documents.

Each such stage leaves two files per part: EDITS of the text as the stage found it, and REMOVED
documents. A removed document has no edits.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.ledger import Amount, Ledger, Outcome

REMOVED = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("removed", pa.binary(16), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("num_words", pa.int64(), nullable=False),
        pa.field("num_words_left", pa.int64(), nullable=False),
    ]
)
"""A document of a part that was removed: its row and id, why, and its words before and after."""


def cuts_path(stage: str, part: str) -> str:
    """Where a stage leaves what it cuts out of a part's survivors: EDITS, rows of `documents/`."""
    return f"{stage}/{part}.arrow"


def removed_path(stage: str, part: str) -> str:
    """Where a stage leaves which of a part's survivors it removes: REMOVED."""
    return f"{stage}/{part}.removed.arrow"


def enter_cuts(
    ledger: Ledger,
    stage: str,
    subset: str,
    batch: pa.RecordBatch,
    edits: pa.RecordBatch,
    reasons: npt.NDArray[np.object_],
) -> None:
    """Enter what a stage did to a batch: kept, edited, inserted, removed, by language and rule.

    Args:
        ledger: Added to.
        stage: Its name.
        subset: Of all documents.
        batch: `language` and `text`, as the stage found them.
        edits: Schema EDITS, rows of the batch; none of removed documents.
        reasons: Why each document was removed; "" where it was kept.
    """
    languages = pc.fill_null(batch.column("language"), "").dictionary_encode()
    names, codes = languages.dictionary.to_pylist(), languages.indices.to_numpy()
    came = pc.binary_length(batch.column("text")).to_numpy()
    rows, starts, stops = (edits.column(name).to_numpy() for name in ("row", "start", "stop"))
    inserted = pc.binary_length(edits.column("replacement")).to_numpy()
    kept = came.astype(np.int64)
    np.add.at(kept, rows, inserted - (stops - starts))

    def enter(outcome: Outcome, rule: str, of: npt.NDArray[np.bool_], sizes: object) -> None:
        counts = np.bincount(codes[of], minlength=len(names))
        sums = np.zeros(len(names), np.int64)
        np.add.at(sums, codes[of], np.asarray(sizes)[of])
        for name, count, size in zip(names, counts.tolist(), sums.tolist(), strict=True):
            if count:
                ledger.add(stage, subset, outcome, Amount(count, size), language=name, rule=rule)

    enter("kept", "", reasons == "", kept)
    for reason in sorted(set(reasons[reasons != ""])):
        enter("removed", reason, reasons == reason, came)
    for rule in sorted(edits.column("rule").unique().to_pylist()):
        of = pc.equal(edits.column("rule"), rule).to_numpy(zero_copy_only=False)
        taken, put = np.zeros((2, batch.num_rows), np.int64)
        np.add.at(taken, rows[of], (stops - starts)[of])
        np.add.at(put, rows[of], inserted[of])
        enter("edited", rule, taken > 0, taken)
        enter("inserted", rule, put > 0, put)


def renumbered(table: pa.RecordBatch, rows: npt.NDArray[np.int64]) -> pa.RecordBatch:
    """A table of rows of a batch, whose first column says which, as one of rows of `documents/`.

    Args:
        table: Its first column is `row`.
        rows: int64[documents of the batch]: their rows in `documents/`.
    """
    numbers = pa.array(rows[table.column("row").to_numpy()])
    return table.set_column(0, table.schema.field(0), numbers)
