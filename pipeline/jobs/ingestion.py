"""Stage 1, ingest: input is read, judged and measured, part by part, and its losses are told."""

from typing import Any

from haybale.corpus.errors import CorruptInputError
from haybale.corpus.ledger import Amount
from haybale.pipeline.context import BuildContext
from haybale.pipeline.jobs.ingest import IngestWorker
from haybale.pipeline.jobs.tiling import tile
from haybale.pipeline.planning.dependencies import Dependencies
from haybale.pipeline.planning.input_facts import file_facts
from haybale.pipeline.units.drive import run_units
from haybale.pipeline.units.steps import Step, fingerprint, finished_units

FORMAT = 4
"""Of everything below `run/`; part of every fingerprint."""


def ingest(context: BuildContext, depends_on: Dependencies) -> Step:
    """Stage 1, and what is done about records that could not be read."""
    recipe, folder = context.loaded.recipe, context.folder
    bound = fingerprint("ingest", FORMAT, context.loaded.raw, _listing(context), depends_on)
    step = Step("ingest", bound)
    num_bytes = sum(part.num_bytes for part in context.parts)
    # Compressed text and HTML cost far more to read than their size tells.
    worker = IngestWorker(folder.uri, step, depends_on)

    def read_parts() -> None:
        run_units(context, worker, len(context.parts), num_bytes * 4)

    read_parts()
    tile(folder, step, context.parts, read_parts)
    _report_input(context, step)
    read, unreadable, first = Amount(), Amount(), None
    for result in finished_units(folder, step).values():
        read += result.ledger.total(outcome="read")
        unreadable += result.ledger.total(outcome="unreadable")
        first = first or result.facts["first_unreadable"]
    limit = recipe.ingest.max_unreadable_fraction
    if unreadable.documents > limit * read.documents:
        assert first is not None
        raise CorruptInputError(
            first["file"],
            first["position"],
            f"{unreadable.documents} of {read.documents} records could not be read, more than "
            f"ingest.max_unreadable_fraction = {limit} allows; the first is {first['reason']}: "
            f"{first['detail']}",
        )
    return step


def _report_input(context: BuildContext, step: Step) -> None:
    """A line for every file without a record, and for unreadable records."""
    results = finished_units(context.folder, step)
    found: dict[str, list[dict[str, Any]]] = {}
    for part in context.parts:
        found.setdefault(part.subset, []).extend(results[part.name].facts["inputs"])
    for file in (file for facts in found.values() for file in file_facts(facts)):
        if file["records"] == 0:
            context.progress.line(f"warning: {file['name']}: no records in this file")
    for result in results.values():
        if first := result.facts["first_unreadable"]:
            count = result.ledger.total(outcome="unreadable").documents
            where = f"{first['file']} at {first['position']}"
            context.progress.line(
                f"warning: {count} unreadable; the first, {where}, is {first['reason']}: "
                f"{first['detail']}"
            )


def _listing(context: BuildContext) -> list[list[object]]:
    return [
        [part.subset, file.name, file.num_bytes, file.modified, part.piece]
        for part in context.parts
        for file in part.files
    ]
