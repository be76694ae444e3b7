"""Documents drawn from all parts: first where they are, then, of the few that are left, texts.

A draw is by keyed digest of the id, so it is the same whatever the split and the workers.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.draws import draw_order
from haybale.pipeline.context import BuildContext
from haybale.pipeline.ingesting.dropped import EXCERPT_CHARACTERS
from haybale.pipeline.kept.survivors import take_survivors
from haybale.pipeline.planning.plan import Part

GROUPS = ("stage", "rule", "subset")

DRAWN = pa.schema(
    [
        pa.field("stage", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("order", pa.uint64(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("survivor", pa.binary(16)),
        pa.field("language", pa.string()),
        pa.field("text", pa.large_string(), nullable=False),
    ]
)
"""A drawn document. `stage`, `rule`: what removed it; `rule` is empty where none did. `text`: its
first EXCERPT_CHARACTERS characters, as the stage found it. The rest as in DROPPED and
REMOVED_LATER."""

PLACED = pa.schema(
    [
        *(DRAWN.field(name) for name in DRAWN.names if name not in ("language", "text")),
        pa.field("part", pa.int64(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
    ]
)
"""A document that may be drawn, and where it is in `documents/`."""


def placed(context: BuildContext, part: Part, columns: Mapping[str, Any]) -> pa.Table:
    """Documents of a part as PLACED.

    Args:
        context: The build.
        part: Their part.
        columns: `stage`, `rule`, `doc_id` and `row`, and where they are known `value` and
            `survivor`.
    """
    doc_ids = columns["doc_id"]
    if isinstance(doc_ids, pa.ChunkedArray):
        doc_ids = doc_ids.combine_chunks()
    count = len(doc_ids)
    known = {
        "value": pa.nulls(count, pa.float64()),
        "survivor": pa.nulls(count, pa.binary(16)),
        **columns,
        "subset": pa.repeat(pa.scalar(part.subset), count),
        "order": pa.array(draw_order(context.loaded.recipe.seed, doc_ids)),
        "part": pa.array(np.full(count, part.number)),
    }
    return pa.Table.from_arrays([known[name] for name in PLACED.names], schema=PLACED)


def with_texts(context: BuildContext, chosen: pa.Table) -> Iterator[pa.Table]:
    """Chosen documents, PLACED, as DRAWN, a part at a time: only their texts are read."""
    for part in context.parts:
        mine = chosen.filter(pc.equal(chosen.column("part"), part.number)).sort_by("row")
        if mine.num_rows == 0:
            continue
        rows = mine.column("row").to_numpy()
        batches = take_survivors(context.folder, part, rows, ["language", "text"])
        texts = pa.Table.from_batches(batches)
        columns = {
            **{name: mine.column(name) for name in mine.column_names},
            "language": texts.column("language"),
            "text": beginnings(texts.column("text")),
        }
        yield pa.Table.from_arrays([columns[name] for name in DRAWN.names], schema=DRAWN)


def beginnings(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The first EXCERPT_CHARACTERS characters of each text."""
    return pc.utf8_slice_codeunits(texts, 0, EXCERPT_CHARACTERS)
