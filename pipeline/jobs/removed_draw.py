"""Removed documents drawn for the card: a bounded sample of each stage, rule and subset.

Of ingest's rules it is taken from `dropped/samples/`; what later stages removed is all in
`documents/`.
"""

import pyarrow as pa

from haybale.corpus.draws import smallest
from haybale.corpus.removals import removed_later
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dropped import DROPPED, SAMPLE_SIZE
from haybale.pipeline.jobs.drawn import DRAWN, GROUPS, PLACED, beginnings, placed, with_texts
from haybale.pipeline.plan import Part
from haybale.pipeline.tables import read_table


def draw_removed(context: BuildContext) -> pa.Table:
    """Up to SAMPLE_SIZE removed documents of each stage, rule and subset, in that order: DRAWN."""
    drawn = DRAWN.empty_table()
    for part in context.parts:
        dropped = _dropped(context.folder, part)
        drawn = smallest(pa.concat_tables([drawn, dropped]), SAMPLE_SIZE, GROUPS)
    chosen = PLACED.empty_table()
    for part in context.parts:
        later = later_removals(context, part)
        chosen = smallest(pa.concat_tables([chosen, later]), SAMPLE_SIZE, GROUPS)
    drawn = pa.concat_tables([drawn, *with_texts(context, chosen)])
    return smallest(drawn, SAMPLE_SIZE, GROUPS)


def later_removals(context: BuildContext, part: Part) -> pa.Table:
    """The documents of a part that stages after ingest removed: PLACED."""
    removed = removed_later(context.folder, part.name)
    return placed(context, part, {name: removed.column(name) for name in removed.column_names})


def _dropped(folder: Folder, part: Part) -> pa.Table:
    """What ingest dropped of a part, as far as it left it: DRAWN."""
    names = [name for name in DROPPED.names if name in DRAWN.names]
    sample = read_table(folder, f"dropped/samples/{part.name}.arrow", names)
    columns = {
        **{name: sample.column(name) for name in names},
        "stage": pa.repeat(pa.scalar("ingest"), sample.num_rows),
        "survivor": pa.nulls(sample.num_rows, pa.binary(16)),
        "text": beginnings(sample.column("text")),
    }
    return pa.Table.from_arrays([columns[name] for name in DRAWN.names], schema=DRAWN)
