"""Who went after ingest: what later stages left of the documents that they removed.

Each stage has a table of its own per part, with its own columns; here they are read as one.
"""

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.arrow_files import open_arrow
from haybale.corpus.storage import Folder
from haybale.corpus.takedowns import STAGE, taken_rows_path

REMOVED_LATER = pa.schema(
    [
        pa.field("stage", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("survivor", pa.binary(16)),
        pa.field("corpus", pa.string()),
    ]
)
"""A removed document of a part. `stage`, `rule`: as in the ledger. `row`: of `documents/`. `value`:
the similarity to the survivor, the words that were left, or the overlap with an evaluation item;
null where nothing was measured. `survivor`: who stands for it; `corpus`: the earlier corpus that
holds that one, null where it is this one."""


class _Table(NamedTuple):
    """A stage's table: its path, and its columns of ids, rules and values."""

    path: str
    doc_id: str
    rule: str
    value: str | None


_TABLES = {
    "select": _Table("selection/{}.arrow", "doc_id", "rule", None),
    "deduplicate": _Table("dedup/removals/{}.arrow", "removed", "method", "similarity"),
    "repeats": _Table("repeats/{}.removed.arrow", "removed", "rule", "num_words_left"),
    "decontaminate": _Table("decontaminate/{}.removed.arrow", "removed", "rule", "overlap"),
    "tokenize": _Table("dropped/crashed/{}.arrow", "removed", "rule", None),
    STAGE: _Table(taken_rows_path("{}"), "removed", "rule", None),
}
"""By stage, in the order in which they are done."""


def removed_later(folder: Folder, part: str) -> pa.Table:
    """The documents of a part that stages after ingest removed, stage by stage: REMOVED_LATER."""
    tables = [REMOVED_LATER.empty_table()]
    for stage, table in _TABLES.items():
        path = table.path.format(part)
        if folder.exists(path):
            tables.append(_read(folder, path, stage, table))
    return pa.concat_tables(tables)


def _read(folder: Folder, path: str, stage: str, table: _Table) -> pa.Table:
    with open_arrow(folder, path) as reader:
        rows = reader.read_all()
    nothing = {"survivor": pa.binary(16), "corpus": pa.string()}
    found = {
        name: rows.column(name) if name in rows.column_names else pa.nulls(len(rows), kind)
        for name, kind in nothing.items()
    }
    value = pa.nulls(len(rows)) if table.value is None else rows.column(table.value)
    columns = [
        pa.repeat(pa.scalar(stage), len(rows)),
        rows.column(table.rule),
        rows.column("row"),
        rows.column(table.doc_id),
        pc.cast(value, pa.float64()),
        found["survivor"],
        found["corpus"],
    ]
    return pa.Table.from_arrays(columns, schema=REMOVED_LATER)
