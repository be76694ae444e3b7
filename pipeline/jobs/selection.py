"""The beginning of stage 2: the best share of each subset by a classifier's score.

It needs the whole corpus, and comes before duplicates are looked for: a document that is not good
enough must not be one that others are removed for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.digests import derive_seed, keyed_digests
from haybale.corpus.ledger import Amount, Ledger, Outcome
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.ingesting.best_fraction import Cutoff, Scored, find_cutoff
from haybale.pipeline.ingesting.classifiers import best_rule, score_rules
from haybale.pipeline.kept.selected import SELECTED_OUT, selection_path
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.recipe.subset import Subset
from haybale.pipeline.rows.tables import open_table, read_rows, read_table, write_rows
from haybale.pipeline.units.drive import run_units
from haybale.pipeline.units.steps import Step, UnitResult, content_of, fingerprint
from haybale.pipeline.units.worker import PartWorker
from haybale.quality.classifier.model import SCORE_STEPS
from haybale.quality.classifier.settings import ClassifierSettings

STAGE = "select"
STEP = "deduplicate/selection"
_CUTOFF = np.dtype(
    [
        ("ranks", np.int64, SCORE_STEPS + 1),
        ("rank", np.int64),
        ("last_order", np.uint64),
        ("num_kept", np.int64),
    ]
)


def _cutoff_path(subset: str) -> str:
    return f"run/{STEP}/cutoffs/{subset}.npy"


def select(context: BuildContext, before: str, text_bytes: int) -> str:
    """Run the step; does nothing where no subset asks for a best fraction.

    Args:
        context: The build.
        before: Digest of what ingest left behind.
        text_bytes: How much ingest kept.

    Returns:
        Digest of what this step left behind.
    """
    subsets = [one for one in context.loaded.recipe.subsets if one.best_fraction is not None]
    if not subsets:
        return before
    for subset in subsets:
        _write_cutoff(context, subset)
    step = Step(STEP, fingerprint(STAGE, before))
    run_units(context, SelectionWorker(context.folder.uri, step), len(context.parts), text_bytes)
    return content_of(context.folder, step)


def _write_cutoff(context: BuildContext, subset: Subset) -> None:
    name, settings = _asked(subset)
    seed = context.loaded.recipe.seed
    parts = [part for part in context.parts if part.subset == subset.name]

    def scored() -> Iterator[Scored]:
        for part in parts:
            yield _read_scores(context.folder, part, name, settings, seed)

    cutoff = find_cutoff(scored, len(settings.models), settings.exact_fraction)
    rows = np.zeros(len(settings.models), _CUTOFF)
    for name in ("ranks", "rank", "last_order", "num_kept"):
        rows[name] = getattr(cutoff, name)
    write_rows(context.folder, _cutoff_path(subset.name), rows)


def _asked(subset: Subset) -> tuple[str, ClassifierSettings]:
    """Name and settings of the classifier whose best fraction is kept."""
    assert subset.best_fraction is not None
    return subset.best_fraction, subset.classifiers[subset.best_fraction]


def _read_scores(
    folder: Folder, part: Part, name: str, settings: ClassifierSettings, seed: int
) -> Scored:
    """Scores of the documents that ingest kept, in the order of `documents/`."""
    rules = score_rules(name, settings)
    columns = ["doc_id", "first_reason", *rules]
    table = read_table(folder, f"measures/{part.name}.arrow", columns)
    table = table.filter(pc.is_null(table.column("first_reason"))).combine_chunks()
    values = [table.column(rule).to_numpy() for rule in rules]
    scores = np.rint(np.stack(values) * SCORE_STEPS).astype(np.int64)
    chunks = [keyed_digests(derive_seed(seed, STAGE), c) for c in table.column("doc_id").chunks]
    return scores, np.concatenate([np.empty(0, np.uint64), *chunks])


@dataclass
class SelectionWorker(PartWorker):
    """Writes who goes, part by part; see `haybale.pipeline.units.worker.UnitWorker`."""

    _cutoffs: dict[str, Cutoff] = field(init=False, repr=False, default_factory=dict)

    def do(self, unit: int) -> UnitResult:
        """Write what one part loses."""
        folder, part = Folder(self.output), self._parts[unit]
        subset = self._loaded.recipe.subset(part.subset)
        columns = ["doc_id", "language", "text_bytes"]
        table = read_table(folder, f"signatures/{part.name}.arrow", columns).combine_chunks()
        gone = np.zeros(table.num_rows, np.bool_)
        ranks = np.zeros(table.num_rows, np.int64)
        rule = ""
        if subset.best_fraction is not None:
            name, settings = _asked(subset)
            rule = best_rule(name)
            scores, orders = _read_scores(folder, part, name, settings, self._loaded.recipe.seed)
            cutoff = self._cutoff(folder, subset.name)
            gone, ranks = ~cutoff.keeps(scores, orders), cutoff.ranks_of(scores)
        rows = np.flatnonzero(gone)
        out = pa.RecordBatch.from_arrays(
            [
                pa.array(rows),
                table.column("doc_id").combine_chunks().take(pa.array(rows)),
                pa.repeat(pa.scalar(rule), len(rows)),
                pa.array(ranks[rows]),
            ],
            schema=SELECTED_OUT,
        )
        with open_table(folder, selection_path(part.name), SELECTED_OUT) as writer:
            writer.write(out)
        return UnitResult((writer.record(),), selection_ledger(part.subset, table, gone, rule))

    def _cutoff(self, folder: Folder, subset: str) -> Cutoff:
        if subset not in self._cutoffs:
            rows = np.asarray(read_rows(folder, _cutoff_path(subset)))
            numbers = (int(rows[name][0]) for name in ("rank", "last_order", "num_kept"))
            self._cutoffs[subset] = Cutoff(rows["ranks"].astype(np.int64), *numbers)
        return self._cutoffs[subset]


def selection_ledger(
    subset: str, table: pa.Table, gone: npt.NDArray[np.bool_], rule: str
) -> Ledger:
    """Entries of documents kept, and of those removed by a rule, by language.

    Args:
        subset: Of all documents.
        table: With columns `language` and `text_bytes`.
        gone: bool[rows].
        rule: What removed them.
    """
    ledger = Ledger()
    grouped = (
        pa.table(
            {
                "language": pc.fill_null(table.column("language"), ""),
                "gone": pa.array(gone),
                "text_bytes": table.column("text_bytes"),
            }
        )
        .group_by(["language", "gone"])
        .aggregate([("text_bytes", "count"), ("text_bytes", "sum")])
    )
    for row in grouped.to_pylist():
        amount = Amount(row["text_bytes_count"], row["text_bytes_sum"])
        outcome: Outcome = "removed" if row["gone"] else "kept"
        name = rule if row["gone"] else ""
        ledger.add(STAGE, subset, outcome, amount, language=row["language"], rule=name)
    return ledger
