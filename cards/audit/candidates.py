"""Documents that may be drawn for an audit, as a table of one form for all stages."""

from collections.abc import Iterator

import pyarrow as pa

from haybale.corpus.digests import UInt64s
from haybale.corpus.manifest import Manifest

CANDIDATES = pa.schema(
    [
        pa.field("rule", pa.string()),
        pa.field("doc_id", pa.binary(16)),
        pa.field("value", pa.float64()),
        pa.field("survivor", pa.binary(16)),
        pa.field("corpus", pa.string()),
        pa.field("subset", pa.string()),
        pa.field("language", pa.string()),
        pa.field("text", pa.large_string()),
        pa.field("order", pa.uint64()),
    ]
)
"""A document that may be drawn. Those that ingest dropped have `text`; that of the others is in
`documents/`."""


def candidates(rows: pa.Table, order: UInt64s | None) -> pa.Table:
    """CANDIDATES, null where the rows have no such column."""
    known = {name: rows.column(name) for name in rows.column_names}
    if order is not None:
        known["order"] = pa.array(order)
    columns = [
        known[field.name].cast(field.type)
        if field.name in known
        else pa.nulls(rows.num_rows, field.type)
        for field in CANDIDATES
    ]
    return pa.Table.from_arrays(columns, schema=CANDIDATES)


def parts_below(manifest: Manifest, prefix: str) -> Iterator[str]:
    """Names of the parts that have a file below a folder."""
    for record in manifest.files:
        if record.path.startswith(prefix):
            yield record.path.removeprefix(prefix).removesuffix(".arrow")
