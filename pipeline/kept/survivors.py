"""Survivors: kept documents minus removals, minus what was cut out of them since.

Stages that cut leave their cuts apart, in terms of the text as they found it, so whoever reads
applies one after the other; a stage reads what those before it left.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.edits import apply_edits, edits_of_rows
from haybale.corpus.storage import Folder
from haybale.corpus.takedowns import taken_rows_path
from haybale.corpus.text_history import CUTTING
from haybale.pipeline.kept.cuts import cuts_path, removed_path
from haybale.pipeline.kept.documents import document_batches, take_documents
from haybale.pipeline.kept.selected import selected_rows
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.rows.tables import read_table

Int64s = npt.NDArray[np.int64]


def _stages(before: str | None) -> tuple[str, ...]:
    return CUTTING if before is None else CUTTING[: CUTTING.index(before)]


def surviving_rows(
    folder: Folder, part: str, num_rows: int, before: str | None = None
) -> npt.NDArray[np.bool_]:
    """bool[rows]: which kept documents of a part are left.

    Args:
        folder: The corpus folder.
        part: Name of the part.
        num_rows: Documents that it has.
        before: As this stage finds them; absent: in the end.
    """
    survives = selected_rows(folder, part, num_rows)
    names = [removed_path(stage, part) for stage in _stages(before)]
    if before is None:
        names.append(taken_rows_path(part))
    for name in (f"dedup/removals/{part}.arrow", *names):
        if folder.exists(name):
            survives[read_table(folder, name, ["row"]).column("row").to_numpy()] = False
    return survives


def surviving_blocks(
    folder: Folder, part: Part, columns: Sequence[str], before: str | None = None
) -> Iterator[tuple[Int64s, pa.RecordBatch]]:
    """The survivors of a part, batch by batch of its `documents/`, empty ones included.

    Args:
        folder: The corpus folder.
        part: The part.
        columns: Of schema DOCUMENTS; `text` comes edited and cut.
        before: As this stage finds them; absent: in the end.

    Yields:
        int64[documents]: their rows in `documents/`; the documents.
    """
    num_rows = read_table(folder, f"signatures/{part.name}.arrow", ["doc_id"]).num_rows
    survives = surviving_rows(folder, part.name, num_rows, before)
    cuts = _read_cuts(folder, part, before) if "text" in columns else []
    first = 0
    for batch in document_batches(folder, part.name, columns):
        mask = survives[first : first + batch.num_rows]
        rows = np.flatnonzero(mask) + first
        first += batch.num_rows
        yield rows, _cut(batch if mask.all() else batch.filter(pa.array(mask)), cuts, rows)


def take_survivors(
    folder: Folder, part: Part, rows: Int64s, columns: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Chosen rows of a part; see `haybale.pipeline.kept.documents.take_documents`."""
    cuts, first = _read_cuts(folder, part, None), 0
    for batch in take_documents(folder, part.name, rows, columns):
        yield _cut(batch, cuts, rows[first : first + batch.num_rows])
        first += batch.num_rows


def surviving_bytes(folder: Folder, part: Part, text_bytes: Int64s) -> Int64s:
    """int64[rows]: UTF-8 bytes of a part's documents less what was cut, from those before."""
    left = text_bytes.copy()
    for cuts in _read_cuts(folder, part, None):
        rows, starts, stops = (cuts.column(name).to_numpy() for name in ("row", "start", "stop"))
        inserted = pa.compute.binary_length(cuts.column("replacement")).to_numpy()
        np.add.at(left, rows, inserted - (stops - starts))
    return left


def _read_cuts(folder: Folder, part: Part, before: str | None) -> list[pa.Table]:
    names = [cuts_path(stage, part.name) for stage in _stages(before)]
    return [read_table(folder, name) for name in names if folder.exists(name)]


def _cut(batch: pa.RecordBatch, cuts: list[pa.Table], rows: Int64s) -> pa.RecordBatch:
    for edits in cuts:
        texts = apply_edits(batch.column("text"), edits_of_rows(edits, rows))
        place = batch.schema.get_field_index("text")
        batch = batch.set_column(place, batch.schema.field(place), texts)
    return batch
