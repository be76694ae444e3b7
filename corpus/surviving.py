"""The documents of a part that were tokenized, and their texts as they were then."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import arrow_batches, id_bytes, open_arrow
from haybale.corpus.edits import apply_edits, edits_of_rows
from haybale.corpus.storage import Folder
from haybale.corpus.takedowns import taken_rows_path
from haybale.corpus.text_history import CUTTING, EDITING

_REMOVING = (
    *("selection/{}.arrow", "dedup/removals/{}.arrow"),
    *(f"{stage}/{{}}.removed.arrow" for stage in CUTTING),
    "dropped/crashed/{}.arrow",
    taken_rows_path("{}"),
)


@dataclass(frozen=True)
class Survivors:
    """Some documents of a part, in order.

    Attributes:
        batch: Record batch of `documents/`.
        rows: int64[documents]: rows of `documents/`, over all batches.
        doc_ids: S16[documents].
        texts: large_string[documents]: as edited and cut.
    """

    batch: int
    rows: npt.NDArray[np.int64]
    doc_ids: npt.NDArray[np.bytes_]
    texts: pa.Array


def surviving_documents(folder: Folder, part: str) -> Iterator[Survivors]:
    """Kept documents minus removals, with all edits, a record batch of `documents/` at a time."""
    gone = removed_rows(folder, part)
    names = [f"{stage}/{part}.arrow" for stage in EDITING]
    edits = [open_arrow(folder, name).read_all() for name in names if folder.exists(name)]
    first, columns = 0, ["doc_id", "text"]
    for number, batch in enumerate(arrow_batches(folder, f"documents/{part}.arrow", columns)):
        rows = np.arange(first, first + batch.num_rows)
        stays = ~np.isin(rows, gone)
        first += batch.num_rows
        left, rows = batch.filter(pa.array(stays)), rows[stays]
        texts = left.column("text")
        for table in edits:
            texts = apply_edits(texts, edits_of_rows(table, rows))
        yield Survivors(number, rows, id_bytes(left.column("doc_id")), texts)


def removed_rows(folder: Folder, part: str) -> npt.NDArray[np.int64]:
    """int64[removed]: rows of a part's `documents/` that were not tokenized."""
    found = [np.empty(0, np.int64)]
    for name in _REMOVING:
        path = name.format(part)
        if folder.exists(path):
            found += [batch.column(0).to_numpy() for batch in arrow_batches(folder, path, ["row"])]
    return np.concatenate(found)
