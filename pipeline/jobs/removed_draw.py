"""Removed documents drawn for the card: a bounded sample of each stage, rule and subset.

Of ingest's rules it is taken from `dropped/samples/`; what later stages removed is all in
`documents/`.
"""

from collections.abc import Iterator
from itertools import chain, groupby

import pyarrow as pa

from haybale.corpus.arrow_files import arrow_batches
from haybale.corpus.draws import smallest
from haybale.corpus.removals import removed_later
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.ingesting.dropped import DROPPED, SAMPLE_SIZE
from haybale.pipeline.jobs.drawn import DRAWN, GROUPS, PLACED, beginnings, placed, with_texts
from haybale.pipeline.planning.plan import Part


def draw_removed(context: BuildContext) -> pa.Table:
    """Up to SAMPLE_SIZE removed documents of each stage, rule and subset, in that order: DRAWN."""
    drawn = DRAWN.empty_table()
    for _, parts in groupby(context.parts, lambda part: part.subset):
        of_subset = DRAWN.empty_table()
        for dropped in chain.from_iterable(_dropped(context.folder, part) for part in parts):
            of_subset = smallest(pa.concat_tables([of_subset, dropped]), SAMPLE_SIZE, GROUPS)
        drawn = pa.concat_tables([drawn, of_subset])
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


def _dropped(folder: Folder, part: Part) -> Iterator[pa.Table]:
    """What ingest dropped of a part, as far as it left it: DRAWN, a record batch at a time."""
    names = [name for name in DROPPED.names if name in DRAWN.names]
    for batch in arrow_batches(folder, f"dropped/samples/{part.name}.arrow", names):
        columns = {
            **{name: batch.column(name) for name in names},
            "stage": pa.repeat(pa.scalar("ingest"), batch.num_rows),
            "survivor": pa.nulls(batch.num_rows, pa.binary(16)),
            "text": beginnings(batch.column("text")),
        }
        yield pa.Table.from_arrays([columns[name] for name in DRAWN.names], schema=DRAWN)
