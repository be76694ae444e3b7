"""Stage 2, decontaminate: evaluation items that stand in survivors, and what becomes of these.

    index     in the driver: n-grams of all items, in both readings
    matches   per part: where they stand
    common    in the driver: n-grams of too many documents, which do not count
    verdicts  per part: overlaps of documents with items, edits, removed documents, the ledger
    items     one table of all items

Memory: a worker maps the index, about 12 bytes for each n-gram of an item; the driver counts
documents by n-gram, 8 bytes each.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.edits import EDITS
from haybale.corpus.errors import RecipeError
from haybale.corpus.ledger import Ledger
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.decontamination.items import ItemNgrams, item_ngrams, items_digest
from haybale.pipeline.decontamination.ngrams import HIT, READINGS, Scanner
from haybale.pipeline.decontamination.settings import DecontaminationSettings
from haybale.pipeline.decontamination.verdicts import OVERLAPS, REMOVED, Judge
from haybale.pipeline.jobs.contamination_table import ItemsWorker, overlaps_path
from haybale.pipeline.jobs.item_index import (
    STAGE,
    read_common,
    read_index,
    read_items_back,
    write_common,
    write_index,
    write_items,
)
from haybale.pipeline.kept.cuts import cuts_path, enter_cuts, removed_path, renumbered
from haybale.pipeline.kept.survivors import surviving_blocks
from haybale.pipeline.rows.tables import open_table, read_rows, write_rows
from haybale.pipeline.shuffle import Rows, run_starts
from haybale.pipeline.units.drive import run_units
from haybale.pipeline.units.steps import Step, UnitResult, content_of, fingerprint, is_finished
from haybale.pipeline.units.worker import PartWorker

Int64s = npt.NDArray[np.int64]


def decontaminate(
    context: BuildContext, settings: DecontaminationSettings, before: str, size: int
) -> str:
    """Run the stage.

    Args:
        context: The build; `evaluation` holds the items.
        settings: The recipe's `decontaminate`.
        before: Digest of what the stages before left behind.
        size: UTF-8 bytes of the survivors, or more.

    Returns:
        Digest of what this stage left behind.
    """
    folder, items, num_parts = context.folder, context.evaluation, len(context.parts)
    bound = fingerprint(STAGE, asdict(settings), items_digest(list(items)), before)
    verdicts, table = (Step(f"{STAGE}/{name}", bound) for name in ("verdicts", "items"))
    if not is_finished(folder, table):
        ngrams = item_ngrams(list(items), settings.sets)
        write_items(folder, items)
        for each in ngrams:
            write_index(folder, each)
        matches = Step(f"{STAGE}/matches", bound)
        results = run_units(context, MatchWorker(folder.uri, matches), num_parts, size)
        num_documents = sum(result.facts["documents"] for result in results.values())
        _write_common(folder, ngrams, num_parts, settings.max_documents(num_documents))
        results = run_units(context, VerdictsWorker(folder.uri, verdicts), num_parts, size)
        if not any(result.facts["documents"] for result in results.values()):
            raise RecipeError(
                "decontaminate: every document is contaminated, so there is nothing to tokenize; "
                "see decontaminate/ for what matched"
            )
    run_units(context, ItemsWorker(folder.uri, table), 1, 0)
    return content_of(folder, verdicts)


def _matches_path(part: int, reading: str) -> str:
    return f"run/{STAGE}/matches/{part:05d}.{reading}.npy"


def _write_common(
    folder: Folder, ngrams: tuple[ItemNgrams, ...], num_parts: int, max_documents: int
) -> None:
    """Leave which n-grams stand in more documents than this."""
    for each in ngrams:
        reading = each.index.reading
        counts = np.zeros(len(each.index.keys), np.int64)
        for part in range(num_parts):
            hits = read_rows(folder, _matches_path(part, reading))
            order = np.lexsort((hits["row"], hits["entry"]))
            rows, entries = hits["row"][order], hits["entry"][order]
            np.add.at(counts, entries[run_starts(entries, rows)], 1)
        write_common(folder, reading, counts > max_documents)


@dataclass
class MatchWorker(PartWorker):
    """Finds items' n-grams in survivors; see `haybale.pipeline.units.worker.UnitWorker`."""

    _scanners: tuple[Scanner, ...] = field(init=False, repr=False)

    def load(self) -> None:
        """Read the plan and the index."""
        super().load()
        folder = Folder(self.output)
        self._scanners = tuple(Scanner(read_index(folder, name).index) for name in READINGS)

    def do(self, unit: int) -> UnitResult:
        """Leave the hits of a part, by rows of its `documents/`."""
        folder, documents = Folder(self.output), 0
        found: list[list[Rows]] = [[np.empty(0, HIT)] for _ in READINGS]
        for rows, batch in surviving_blocks(folder, self._parts[unit], ["text"], before=STAGE):
            documents += len(rows)
            for scanner, hits in zip(self._scanners, found, strict=True):
                mine = scanner.scan(batch.column("text"))
                mine["row"] = rows[mine["row"]]
                hits.append(mine)
        files = tuple(
            write_rows(folder, _matches_path(unit, reading), np.concatenate(hits))
            for reading, hits in zip(READINGS, found, strict=True)
        )
        return UnitResult(files, facts={"documents": documents})


@dataclass
class VerdictsWorker(PartWorker):
    """Judges survivors; see `haybale.pipeline.units.worker.UnitWorker`."""

    _judge: Judge = field(init=False, repr=False)

    def load(self) -> None:
        """Read the plan, the items and the index."""
        super().load()
        folder, settings = Folder(self.output), self._loaded.recipe.decontaminate
        assert settings is not None
        items = read_items_back(folder)
        ngrams = tuple(read_index(folder, name) for name in READINGS)
        common = tuple(read_common(folder, name) for name in READINGS)
        self._judge = Judge(settings.sets, items, ngrams, common)

    def do(self, unit: int) -> UnitResult:
        """Write a part's overlaps, edits and removed documents."""
        folder, part = Folder(self.output), self._parts[unit]
        hits = [np.asarray(read_rows(folder, _matches_path(unit, name))) for name in READINGS]
        ledger, name = Ledger(), part.name
        counts: Counter[str] = Counter()
        with (
            open_table(folder, cuts_path(STAGE, name), EDITS) as edits,
            open_table(folder, removed_path(STAGE, name), REMOVED) as removed,
            open_table(folder, overlaps_path(name), OVERLAPS) as overlaps,
        ):
            columns = ["doc_id", "language", "text"]
            for rows, batch in surviving_blocks(folder, part, columns, before=STAGE):
                verdict = self._judge.judge(batch, [_of_rows(each, rows) for each in hits])
                enter_cuts(ledger, STAGE, part.subset, batch, verdict.edits, verdict.reasons)
                for writer, table in (
                    (edits, verdict.edits),
                    (removed, verdict.removed),
                    (overlaps, verdict.overlaps),
                ):
                    writer.write(renumbered(table, rows))
                counts["documents"] += len(rows) - verdict.removed.num_rows
                counts.update(_contaminated(verdict.overlaps))
        files = tuple(writer.record() for writer in (edits, removed, overlaps))
        left = counts.pop("documents", 0)
        return UnitResult(files, ledger, {"documents": left, "contaminated": dict(counts)})


def _contaminated(overlaps: pa.RecordBatch) -> Iterator[str]:
    """The set of each contaminated document, once for each set."""
    table = overlaps.filter(overlaps.column("contaminated"))
    seen = set(zip(table.column("row").to_pylist(), table.column("set").to_pylist(), strict=True))
    return (name for _, name in seen)


def _of_rows(hits: Rows, rows: Int64s) -> Rows:
    """The hits of some rows of `documents/`, which come in order, by their places among these."""
    if len(rows) == 0:
        return hits[:0]
    start, stop = np.searchsorted(hits["row"], [rows[0], rows[-1] + 1])
    mine = hits[start:stop].copy()
    mine["row"] = np.searchsorted(rows, mine["row"])
    return mine
