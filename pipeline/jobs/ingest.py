"""Stage 1, ingest: read, extract, mask, identify language, measure, decide, sign. Map only.

Per part it writes `documents/` (what is kept, masked, before line edits), `edits/` (what these take
out), `measures/` (every document read, every number), `signatures/` (what deduplication needs of
the kept ones, as edited), `dropped/` (a sample, and every record that could not be read), a
ledger, and below `run/` what `haybale.pipeline.ingesting.statistics` measures of documents as read.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from haybale.corpus.storage import Folder
from haybale.pipeline.ingesting.classifiers import Classifiers
from haybale.pipeline.ingesting.judging import Judge
from haybale.pipeline.ingesting.part_ingestion import PartIngestion
from haybale.pipeline.jobs.tiling import known_begin
from haybale.pipeline.planning.dependencies import (
    Dependencies,
    check_same,
    dependencies,
    language_identifier,
)
from haybale.pipeline.units.steps import UnitResult
from haybale.pipeline.units.timing import Stopwatch
from haybale.pipeline.units.worker import PartWorker
from haybale.quality.language import LanguageIdentifier
from haybale.quality.origin import OriginRules
from haybale.quality.sensitive.word_list import WordList


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
        check_same(dependencies(self._loaded), self.depends_on)
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
