"""Stage 1, ingest: read, extract, mask, identify language, measure, decide, sign. Map only.

Per part it writes `documents/` (what is kept, masked, before line edits), `edits/` (what these take
out), `measures/` (every document read, every number), `signatures/` (what deduplication needs of
the kept ones, as edited), `dropped/` (a sample, and every record that could not be read), a
ledger, and below `run/` what `haybale.pipeline.ingesting.statistics` measures of documents as read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from haybale.corpus.errors import CorruptInputError
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.ingesting.classifiers import Classifiers
from haybale.pipeline.ingesting.judging import Judge
from haybale.pipeline.ingesting.part_ingestion import PartIngestion
from haybale.pipeline.ingesting.unreadable import Unreadable
from haybale.pipeline.jobs.tiling import known_begin, tile
from haybale.pipeline.planning.dependencies import (
    Dependencies,
    check_same,
    dependencies,
    language_identifier,
)
from haybale.pipeline.planning.input_facts import file_facts
from haybale.pipeline.units.drive import run_units
from haybale.pipeline.units.steps import Step, UnitResult, fingerprint, finished_units
from haybale.pipeline.units.timing import Stopwatch
from haybale.pipeline.units.worker import PartWorker
from haybale.quality.language import LanguageIdentifier
from haybale.quality.origin import OriginRules
from haybale.quality.sensitive.word_list import WordList

FORMAT = 4
"""Of everything below `run/`; part of every fingerprint."""

_SHOWN_EMPTY = 3
"""Names of files without records in a line; all are in the manifest."""


@dataclass
class IngestWorker(PartWorker):
    """Ingests parts; see `haybale.pipeline.units.worker.UnitWorker`.

    Attributes:
        depends_on: As the driver found them; every worker must find the same.
    """

    isolates: ClassVar[bool] = True
    depends_on: Dependencies
    _identifier: LanguageIdentifier | None = field(init=False, repr=False, default=None)
    _classifiers: dict[str, Classifiers] = field(init=False, repr=False, default_factory=dict)
    _words: WordList | None = field(init=False, repr=False, default=None)
    _origins: dict[str, OriginRules] = field(init=False, repr=False, default_factory=dict)

    def load(self) -> None:
        """Read the plan, load the models and rules."""
        super().load()
        check_same(dependencies(self._loaded, self._parts), self.depends_on)
        self._identifier = language_identifier(self._loaded)
        self._words = self._loaded.word_list()

    def do(self, unit: int) -> UnitResult:
        """Ingest one part."""
        folder, part = Folder(self.output), self._parts[unit]
        judge = self._judge_of(part.subset)
        return PartIngestion(judge, folder, part, known_begin(folder, part)).run()

    def _judge_of(self, name: str) -> Judge:
        """Of a subset, for one part."""
        subset = self._loaded.recipe.subset(name)
        if name not in self._classifiers:
            self._classifiers[name] = self._loaded.classifiers(subset)
            self._origins[name] = self._loaded.origin_rules(subset)
        return Judge(
            recipe=self._loaded.recipe,
            subset=subset,
            profile=self._loaded.profile(subset),
            origins=self._origins[name],
            identifier=self._identifier,
            words=self._words,
            classifiers=self._classifiers[name],
            watch=Stopwatch(),
        )


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
    _check_readable(context, step, recipe.ingest.max_unreadable_fraction)
    return step


def _check_readable(context: BuildContext, step: Step, limit: float) -> None:
    """End in error, with the first record, where more of the input than the limit is unreadable."""
    results = finished_units(context.folder, step)
    found = Unreadable.of(
        (part.subset, results[part.name].ledger, results[part.name].facts) for part in context.parts
    )
    lost, all_ = sum(found.unreadable.values()), sum(found.read.values())
    if lost <= limit * all_:
        return
    first = found.first
    assert first is not None
    subsets = ", ".join(
        f"{subset} {number:,} of {found.read[subset]:,}"
        for subset, number in found.unreadable.items()
        if number
    )
    raise CorruptInputError(
        first["file"],
        first["position"],
        f"{first['reason']}: {first['detail']}; this is the first of {lost:,} of "
        f"{all_:,} records that could not be read ({subsets}), more than "
        f"ingest.max_unreadable_fraction = {limit} allows; dropped/unreadable/ lists them",
    )


def _report_input(context: BuildContext, step: Step) -> None:
    """A line about files without a record, and one for each part with unreadable records."""
    results = finished_units(context.folder, step)
    found: dict[str, list[dict[str, Any]]] = {}
    for part in context.parts:
        found.setdefault(part.subset, []).extend(results[part.name].facts["inputs"])
    files = [file for facts in found.values() for file in file_facts(facts)]
    if line := empty_line([file["name"] for file in files if file["records"] == 0], len(files)):
        context.progress.line(line)
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


def empty_line(names: Sequence[str], num_files: int) -> str:
    """A warning that these of so many files had no records; empty where there are none."""
    if not names:
        return ""
    shown = ", ".join(names[:_SHOWN_EMPTY])
    more = len(names) - _SHOWN_EMPTY
    rest = f" and {more:,} more" if more > 0 else ""
    return f"warning: no records in {len(names):,} of {num_files:,} files: {shown}{rest}"
