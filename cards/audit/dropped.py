"""The beginning of the draw of what ingest dropped, as far as the build left its texts."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from haybale.cards.audit.candidates import CANDIDATES, candidates, parts_below
from haybale.cards.audit.question import Question
from haybale.corpus.arrow_files import open_arrow
from haybale.corpus.draws import smallest
from haybale.corpus.manifest import Manifest
from haybale.corpus.storage import Folder

_SAMPLES = "dropped/samples/"

_SAMPLE = pa.schema(
    [
        pa.field("rule", pa.string()),
        pa.field("order_count", pa.int64()),
        pa.field("order_max", pa.uint64()),
    ]
)
"""What is left of a part and rule: how many documents, and the last order among them."""


def first_dropped(
    folder: Folder, manifest: Manifest, question: Question, population: int, num: int
) -> pa.Table:
    """Of what ingest dropped, only the beginning of each part's and rule's draw is left.

    Where not all is left, what comes before the end of the shortest of these beginnings is the
    beginning of the draw of all.
    """
    rows, left = CANDIDATES.empty_table(), 0
    samples = [_SAMPLE.empty_table()]
    for part in parts_below(manifest, _SAMPLES):
        with open_arrow(folder, f"{_SAMPLES}{part}.arrow") as reader:
            mine = candidates(reader.read_all(), None)
        grouped = mine.group_by("rule").aggregate([("order", "count"), ("order", "max")])
        samples.append(grouped.select(_SAMPLE.names).cast(_SAMPLE))
        if question.rule:
            mine = mine.filter(pc.equal(mine.column("rule"), question.rule))
        left += mine.num_rows
        rows = smallest(pa.concat_tables([rows, mine]), num, [])
    if left < population:
        rows = rows.filter(pc.less_equal(rows.column("order"), _end(samples, question)))
    return rows


def _end(samples: Sequence[pa.Table], question: Question) -> pa.Scalar:
    """The order up to which nothing is gone, from what is left of each part and rule."""
    table = pa.concat_tables(samples)
    # No part has more of a rule than the most that any has, and who has that may have had more.
    table = table.filter(pc.equal(table.column("order_count"), pc.max(table.column("order_count"))))
    if question.rule:
        table = table.filter(pc.equal(table.column("rule"), question.rule))
    return pc.min(table.column("order_max"))
