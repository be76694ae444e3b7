"""Stage 2 of a build that goes by lists of ids: who stays, and what is cut out of them.

In place of selection, deduplication, repeats and decontamination, whose outcome the lists carry.
Files and ledger are those that these leave, so nothing after them knows the difference.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.arrow_files import id_bytes
from haybale.corpus.errors import RecipeError
from haybale.corpus.storage import Folder
from haybale.corpus.text_history import CUTTING
from haybale.pipeline.context import BuildContext
from haybale.pipeline.jobs.listed_cuts import ListedCutsWorker
from haybale.pipeline.jobs.lookup_runs import rows_read
from haybale.pipeline.jobs.removals import CLUSTERS
from haybale.pipeline.jobs.selection import STAGE, STEP, selection_ledger
from haybale.pipeline.kept.selected import SELECTED_OUT, selection_path
from haybale.pipeline.kept.signatures import signatures_path
from haybale.pipeline.planning.listed import NOT_LISTED, cutting_stages, kept_of_part
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.rows.tables import open_table, read_table
from haybale.pipeline.units.drive import run_units
from haybale.pipeline.units.steps import Step, UnitResult, content_of, fingerprint
from haybale.pipeline.units.worker import PartWorker

_CUT_STEPS = {"repeats": "repeats/cuts", "decontaminate": "decontaminate/verdicts"}
"""Where the cutting stages themselves leave their records."""

_MISSING = {
    "unread": ("are not in the input", "give the sources of the first build, as they were then"),
    "dropped": ("were dropped by ingest", "give the rules and models of the first build"),
}
"""What became of listed documents that are not here, and what to do."""


def keep_listed(context: BuildContext, before: str, text_bytes: int) -> str:
    """Run the stage.

    Args:
        context: The build; its recipe has `ids`.
        before: Digest of what ingest left behind, lists included.
        text_bytes: How much ingest kept.

    Returns:
        Digest of what this stage left behind.

    Raises:
        RecipeError: If documents are listed that the input does not have, or that ingest dropped.
    """
    output, num_parts = context.folder.uri, len(context.parts)
    step = Step(STEP, fingerprint(STAGE, NOT_LISTED, before))
    results = run_units(context, ListedWorker(output, step), num_parts, text_bytes)
    _check_missing([results[part.name] for part in context.parts])
    before = content_of(context.folder, step)
    stages = cutting_stages(context.loaded)
    for stage in (stage for stage in CUTTING if stage in stages):
        step = Step(_CUT_STEPS[stage], fingerprint(stage, NOT_LISTED, before))
        run_units(context, ListedCutsWorker(output, step, stage), num_parts, text_bytes)
        before = content_of(context.folder, step)
    return before


def _check_missing(results: list[UnitResult]) -> None:
    listed = sum(result.facts["listed"] for result in results)
    for what, (found, advice) in _MISSING.items():
        missing = [result.facts[what] for result in results if result.facts[what]["documents"]]
        if missing:
            count, first = sum(each["documents"] for each in missing), missing[0]["first"]
            raise RecipeError(
                f"ids.kept: {count} of {listed} documents listed {found} here; the first is "
                f"{first}: {advice}"
            )


@dataclass
class ListedWorker(PartWorker):
    """Writes who goes, and the families of who stays; see `UnitWorker`."""

    _num_read: dict[int, int] = field(init=False, repr=False, default_factory=dict)

    def _records_of(self, part: Part) -> tuple[int, int | None]:
        """The first of its file's records that is a part's, and the one behind its last.

        Only what ingest left of the pieces before it is looked at, and that of each once.
        """
        begin = part.number
        while self._parts[begin].goes_on:
            begin -= 1
        first = sum(self._documents_read(number) for number in range(begin, part.number))
        following = self._parts[part.number + 1 : part.number + 2]
        if not any(each.goes_on for each in following):
            return first, None
        return first, first + self._documents_read(part.number)

    def _documents_read(self, number: int) -> int:
        if number not in self._num_read:
            counts = rows_read(Folder(self.output), self._parts[number])
            self._num_read[number] = sum(counts)
        return self._num_read[number]

    def do(self, unit: int) -> UnitResult:
        """Look at the documents of one part."""
        folder, part = Folder(self.output), self._parts[unit]
        columns = ["doc_id", "language", "text_bytes"]
        table = read_table(folder, signatures_path(part.name), columns).combine_chunks()
        doc_ids = table.column("doc_id").combine_chunks()
        listed = kept_of_part(self._loaded, part, *self._records_of(part))
        gone = ~np.isin(id_bytes(doc_ids), id_bytes(listed.column("doc_id").combine_chunks()))
        rows = np.flatnonzero(gone)
        out = pa.RecordBatch.from_arrays(
            [
                pa.array(rows),
                doc_ids.take(pa.array(rows)),
                pa.repeat(pa.scalar(NOT_LISTED), len(rows)),
                pa.array(np.zeros(len(rows), np.int64)),
            ],
            schema=SELECTED_OUT,
        )
        with open_table(folder, selection_path(part.name), SELECTED_OUT) as selection:
            selection.write(out)
        with open_table(folder, f"dedup/clusters/{part.name}.arrow", CLUSTERS) as families:
            families.write(_families(doc_ids, listed))
        files = (selection.record(), families.record())
        ledger = selection_ledger(part.subset, table, gone, NOT_LISTED)
        return UnitResult(files, ledger, _missing(folder, part, doc_ids, listed))


def _families(doc_ids: pa.Array, listed: pa.Table) -> pa.RecordBatch:
    """CLUSTERS of kept documents that the list puts into a family."""
    named = listed.filter(pc.is_valid(listed.column("family")))
    place = pc.index_in(doc_ids, named.column("doc_id").combine_chunks())
    rows = np.flatnonzero(pc.is_valid(place).to_numpy(zero_copy_only=False))
    family = named.column("family").combine_chunks().take(place.take(pa.array(rows)))
    columns = [
        pa.array(rows),
        doc_ids.take(pa.array(rows)),
        pa.nulls(len(rows), pa.binary(16)),
        family,
    ]
    return pa.RecordBatch.from_arrays(columns, schema=CLUSTERS)


def _missing(folder: Folder, part: Part, doc_ids: pa.Array, listed: pa.Table) -> dict[str, object]:
    """Documents that are listed and not here: how many, and the first, by what became of them."""
    names = listed.column("doc_id").combine_chunks().unique()
    lost = names.filter(pc.invert(pc.is_in(names, doc_ids)))
    measures = read_table(folder, f"measures/{part.name}.arrow", ["doc_id", "first_reason"])
    dropped = measures.filter(pc.is_in(measures.column("doc_id"), lost))
    unread = lost.filter(pc.invert(pc.is_in(lost, dropped.column("doc_id").combine_chunks())))
    first = [f"{row['doc_id'].hex()}, by {row['first_reason']}" for row in dropped.to_pylist()[:1]]
    return {
        "listed": len(names),
        "unread": {"documents": len(unread), "first": unread[0].as_py().hex() if unread else ""},
        "dropped": {"documents": dropped.num_rows, "first": "".join(first)},
    }
