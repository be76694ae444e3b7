"""Documents that have to be left out, since something crashes at them; see `isolation.guard`.

In ingest they become records that could not be read; a later stage removes them.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.documents import text_offsets
from haybale.corpus.ledger import Amount, Ledger
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder
from haybale.pipeline.isolation.guard import CRASHED
from haybale.pipeline.rows.tables import open_table
from haybale.pipeline.sources.records import Records, Unreadable

Int64s = npt.NDArray[np.int64]

CRASHES = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("removed", pa.binary(16), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("text_bytes", pa.int64(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
    ]
)
"""A kept document that was left out: its row of `documents/` and id; at what it crashed; what
happened there: an exception, or how the process ended."""


class Crashes:
    """Those of one part.

    Args:
        rule: At what they crash.
    """

    def __init__(self, rule: str) -> None:
        self._rule = rule
        self._rows: list[dict[str, Any]] = []

    def take_out(
        self, documents: pa.RecordBatch, places: Int64s, crashed: Mapping[int, str]
    ) -> pa.RecordBatch:
        """Note the documents that crashed; returns the others.

        Args:
            documents: `doc_id`, `language` and `text`.
            places: int64[documents]: their rows in `documents/`.
            crashed: How, by row of the batch.
        """
        if not crashed:
            return documents
        sizes = np.diff(text_offsets(documents.column("text")))
        for row, how in sorted(crashed.items()):
            self._rows.append(
                {
                    "row": int(places[row]),
                    "removed": documents.column("doc_id")[row].as_py(),
                    "rule": self._rule,
                    "language": documents.column("language")[row].as_py() or "",
                    "text_bytes": int(sizes[row]),
                    "detail": how,
                }
            )
        return take_rows(documents, np.setdiff1d(np.arange(documents.num_rows), list(crashed)))

    def enter(self, stage: str, subset: str, ledger: Ledger) -> None:
        """Enter them as removed by the stage."""
        for row in self._rows:
            amount, language = Amount(1, row["text_bytes"]), row["language"]
            ledger.add(stage, subset, "removed", amount, language=language, rule=self._rule)

    def write(self, folder: Folder, part: str) -> tuple[FileRecord, ...]:
        """Commit a part's, `dropped/crashed/<part>.arrow`, if there are any."""
        if not self._rows:
            return ()
        with open_table(folder, f"dropped/crashed/{part}.arrow", CRASHES) as writer:
            writer.write(pa.RecordBatch.from_pylist(self._rows, schema=CRASHES))
        return (writer.record(),)


def take_rows(documents: pa.RecordBatch, rows: Int64s) -> pa.RecordBatch:
    """These rows, ascending; the batch itself where they are all of them."""
    return documents if len(rows) == documents.num_rows else documents.take(pa.array(rows))


def records_of(records: Records, rows: Int64s) -> Records:
    """Some of the records, in their order."""
    if len(rows) == records.documents.num_rows:
        return records
    return replace(
        records,
        documents=records.documents.take(pa.array(rows)),
        dropped=records.dropped.take(pa.array(rows)),
        positions=tuple(records.positions[row] for row in rows),
    )


def readable(records: Records, crashed: Mapping[int, str], file: str) -> Records:
    """The records, those that crashed unreadable; `crashed` says how, by row."""
    if not crashed:
        return records
    sizes = np.diff(text_offsets(records.documents.column("text")))
    lost = (
        Unreadable(file, records.positions[row], CRASHED, how, int(sizes[row]))
        for row, how in crashed.items()
    )
    unreadable = sorted((*records.unreadable, *lost), key=lambda record: record.position)
    rows = [row for row in range(len(sizes)) if row not in crashed]
    return replace(records_of(records, np.array(rows, np.int64)), unreadable=tuple(unreadable))
