"""Kept documents as everything after ingest reads them: with their edits applied.

`documents/` holds texts as they were before line edits, `edits/` what these took out.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import arrow_batches, open_arrow
from haybale.corpus.edits import apply_edits, edits_of_rows
from haybale.corpus.storage import Folder
from haybale.pipeline.rows.tables import read_table

Int64s = npt.NDArray[np.int64]


def documents_path(part: str) -> str:
    """Where a part's kept documents are."""
    return f"documents/{part}.arrow"


def edits_path(part: str) -> str:
    """Where the edits of a part's kept documents are."""
    return f"edits/{part}.arrow"


def document_batches(folder: Folder, part: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The kept documents of a part, batch by batch.

    Args:
        folder: The corpus folder.
        part: Name of the part.
        columns: Of schema DOCUMENTS; `text` comes edited.
    """
    edits = read_table(folder, edits_path(part)) if "text" in columns else None
    first = 0
    for batch in arrow_batches(folder, documents_path(part), columns):
        yield _edited(batch, edits, np.arange(first, first + batch.num_rows))
        first += batch.num_rows


def take_documents(
    folder: Folder, part: str, rows: Int64s, columns: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Chosen rows of a part's kept documents; batches without any are never decompressed.

    Args:
        folder: The corpus folder.
        part: Name of the part.
        rows: Sorted row numbers.
        columns: Of schema DOCUMENTS; `text` comes edited.
    """
    edits = read_table(folder, edits_path(part)) if "text" in columns else None
    # Ids alone are cheap to decompress, and tell how many rows each batch has.
    path = documents_path(part)
    counts = [batch.num_rows for batch in arrow_batches(folder, path, ["doc_id"])]
    starts = np.r_[0, np.cumsum(counts)].astype(np.int64)
    numbers = np.searchsorted(starts, rows, side="right") - 1
    with open_arrow(folder, path, columns) as reader:
        for number in np.unique(numbers):
            inside = rows[numbers == number]
            batch = reader.get_batch(int(number)).take(pa.array(inside - starts[number]))
            yield _edited(batch, edits, inside)


def _edited(batch: pa.RecordBatch, edits: pa.Table | None, rows: Int64s) -> pa.RecordBatch:
    if edits is None or edits.num_rows == 0:
        return batch
    texts = apply_edits(batch.column("text"), edits_of_rows(edits, rows))
    place = batch.schema.get_field_index("text")
    return batch.set_column(place, batch.schema.field(place), texts)
