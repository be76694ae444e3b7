"""How precise the removal of near-duplicates was: some of them compared again, text by text.

Their similarities may have been estimated, or pairs joined by way of others; here a removed
document and the survivor that is named for it are read, and their shingles counted.
"""

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.cards.measured import PairSample
from haybale.corpus.arrow_files import id_bytes
from haybale.corpus.digests import UInt64s
from haybale.corpus.draws import smallest
from haybale.corpus.removals import removed_later
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.shingles import Shingles, shingle_sets
from haybale.pipeline.dedup.verify import jaccard
from haybale.pipeline.jobs.drawn import PLACED, placed
from haybale.pipeline.jobs.fates import NEAR_METHODS
from haybale.pipeline.kept.documents import take_documents
from haybale.pipeline.kept.signatures import signatures_path
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.rows.tables import read_table

MAX_PAIRS = 200
"""Of 200 pairs all above the threshold, a Wilson interval at 95 % begins at 0.98."""


def sample_pairs(context: BuildContext) -> PairSample | None:
    """Draw removed near-duplicates and compare them with their survivors.

    Survivors in earlier corpora are left out, because the texts of these are not read.

    Returns:
        None where no near-duplicate was removed.
    """
    settings = context.loaded.recipe.dedup
    if settings is None or settings.scheme is None:
        return None
    drawn = PLACED.empty_table()
    for part in context.parts:
        mine = _near_removals(context, part)
        drawn = smallest(pa.concat_tables([drawn, mine]), MAX_PAIRS, [])
    if drawn.num_rows == 0:
        return None
    names = (id_bytes(drawn.column(name).combine_chunks()) for name in ("doc_id", "survivor"))
    removed, survivors = names
    sets = _sets(context, np.concatenate([removed, survivors]), settings.scheme.shingles)
    ids = np.array(sorted(sets), "S16")
    assert np.isin([removed, survivors], ids).all(), "a survivor that is not here"
    left, right = (np.searchsorted(ids, ends) for ends in (removed, survivors))
    shared, united = jaccard([sets[name] for name in ids.tolist()], left, right)
    above = _above(shared, united, settings.scheme.exact_threshold)
    return PairSample(len(removed), int(above.sum()), settings.scheme.threshold)


def _near_removals(context: BuildContext, part: Part) -> pa.Table:
    """PLACED of a part's near-duplicates whose survivors are here."""
    removed = removed_later(context.folder, part.name)
    near = pc.is_in(removed.column("rule"), pa.array(sorted(NEAR_METHODS.values())))
    removed = removed.filter(pc.and_(near, pc.is_null(removed.column("corpus"))))
    return placed(context, part, {name: removed.column(name) for name in removed.column_names})


def _sets(
    context: BuildContext, doc_ids: npt.NDArray[np.bytes_], shingles: Shingles
) -> dict[bytes, UInt64s]:
    """Shingles of documents, of their texts as deduplication saw them."""
    sets: dict[bytes, UInt64s] = {}
    for part in context.parts:
        table = read_table(context.folder, signatures_path(part.name), ["doc_id"])
        ids = id_bytes(table.column("doc_id").combine_chunks())
        rows = np.flatnonzero(np.isin(ids, doc_ids))
        if len(rows):
            found: list[UInt64s] = []
            for batch in take_documents(context.folder, part.name, rows, ["text"]):
                found += shingle_sets(batch.column("text"), shingles)
            sets.update(zip(ids[rows].tolist(), found, strict=True))
    return sets


def _above(
    shared: npt.NDArray[np.int64], united: npt.NDArray[np.int64], threshold: Fraction
) -> npt.NDArray[np.bool_]:
    """Whether similarities are above a threshold, by integers alone."""
    return shared * threshold.denominator > united * threshold.numerator
