"""Stage 2 of a build that goes by lists of ids: what was cut out of those who stay."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.edits import EDITS
from haybale.corpus.errors import RecipeError
from haybale.corpus.ledger import Ledger
from haybale.corpus.storage import Folder
from haybale.pipeline.kept.cuts import cuts_path, enter_cuts, renumbered
from haybale.pipeline.kept.signatures import signatures_path
from haybale.pipeline.kept.survivors import surviving_blocks
from haybale.pipeline.planning.listed import cuts_of_part
from haybale.pipeline.rows.tables import open_table, read_table
from haybale.pipeline.units.steps import UnitResult
from haybale.pipeline.units.worker import PartWorker


@dataclass
class ListedCutsWorker(PartWorker):
    """Writes what a stage cut; see `haybale.pipeline.units.worker.UnitWorker`.

    Attributes:
        stage: One of CUTTING.
    """

    stage: str

    def do(self, unit: int) -> UnitResult:
        """Write the cuts of one part."""
        folder, part = Folder(self.output), self._parts[unit]
        signed = read_table(folder, signatures_path(part.name), ["doc_id"])
        listed = cuts_of_part(self._loaded, part, self.stage, signed.column("doc_id"))
        ledger, columns = Ledger(), ["doc_id", "language", "text"]
        with open_table(folder, cuts_path(self.stage, part.name), EDITS) as writer:
            for rows, documents in surviving_blocks(folder, part, columns, before=self.stage):
                cuts = _cuts(documents, listed)
                reasons: npt.NDArray[np.object_] = np.full(documents.num_rows, "", object)
                enter_cuts(ledger, self.stage, part.subset, documents, cuts, reasons)
                writer.write(renumbered(cuts, rows))
        return UnitResult((writer.record(),), ledger)


def _cuts(documents: pa.RecordBatch, listed: pa.Table) -> pa.RecordBatch:
    """EDITS of a batch, from the list.

    Raises:
        RecipeError: If a cut does not fit its document.
    """
    place = pc.index_in(listed.column("doc_id").combine_chunks(), documents.column("doc_id"))
    here = pc.is_valid(place)
    columns = [place.filter(here).cast(pa.int64())]
    columns += [
        listed.column(name).combine_chunks().filter(here)
        for name in ("start", "stop", "replacement", "rule")
    ]
    cuts = pa.RecordBatch.from_arrays(columns, schema=EDITS)
    cuts = cuts.sort_by([("row", "ascending"), ("start", "ascending")])
    rows, starts, stops = (cuts.column(name).to_numpy() for name in ("row", "start", "stop"))
    sizes = pc.binary_length(documents.column("text")).to_numpy()
    after = np.r_[0, np.where(rows[1:] == rows[:-1], stops[:-1], 0)] if len(rows) else rows
    wrong = (starts < after) | (stops < starts) | (stops > sizes[rows])
    if wrong.any():
        name = documents.column("doc_id")[int(rows[wrong][0])].as_py().hex()
        raise RecipeError(
            f"ids.cuts: {int(wrong.sum())} cuts do not fit their documents, of which the first is "
            f"{name}: give the sources and the line edits of the first build"
        )
    return cuts
