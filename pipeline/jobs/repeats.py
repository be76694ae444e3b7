"""Stage 2, repeats: what stands in several survivors is cut out. Text does not shuffle.

    anchors      per part: keys of where repeats may stand
    live         anchors, shuffled by key: which of a block's occur elsewhere too
    occurrences  per part: every place whose anchor lives, under 128 bits
    verdicts     keys of these, shuffled: which are repeated, and where each first occurs
    cuts         per part: what goes, which documents are left with nothing, the ledger

A part is read a block (a record batch, 4 MiB of text or one longer document) at a time, three times
in all. Memory: of a block 58 bytes per word of its longest document and about 110 per occurrence;
of a shuffle two partitions of 64 MiB, of which local engines hold several copies. None of it grows
with the corpus.
"""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.digests import UInt64s, id_words
from haybale.corpus.edits import EDITS
from haybale.corpus.errors import RecipeError
from haybale.corpus.ledger import Ledger
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.repeats.anchors import find_anchors
from haybale.pipeline.dedup.repeats.cuts import cut_words
from haybale.pipeline.dedup.repeats.occurrences import find_occurrences, shared_keys
from haybale.pipeline.dedup.repeats.rows import ANCHOR, SHARED, VERDICT, block_of
from haybale.pipeline.dedup.repeats.settings import RepeatsSettings
from haybale.pipeline.dedup.repeats.verdicts import decide, live_anchors, losing
from haybale.pipeline.jobs.shared_keys import ROWS, Exchange, ExchangeKeys, block_path
from haybale.pipeline.kept.cuts import REMOVED, cuts_path, enter_cuts, removed_path, renumbered
from haybale.pipeline.kept.survivors import surviving_blocks
from haybale.pipeline.rows.tables import open_table, read_rows, write_rows
from haybale.pipeline.shuffle import Rows, take_rows
from haybale.pipeline.units.drive import run_graph, run_units
from haybale.pipeline.units.steps import Step, UnitResult, content_of, fingerprint
from haybale.pipeline.units.worker import PartWorker

Int64s = npt.NDArray[np.int64]

STAGE = "repeats"
NOTHING_LEFT, LITTLE_LEFT = "repeats/nothing_left@1", "repeats/little_left@1"


def cut_repeats(context: BuildContext, settings: RepeatsSettings, before: str, size: int) -> str:
    """Run the stage.

    Args:
        context: The build.
        settings: The recipe's `repeats`.
        before: Digest of what the stages before left behind.
        size: UTF-8 bytes of the survivors, or more.

    Returns:
        Digest of what this stage left behind.

    Raises:
        RecipeError: If nothing is left of any document.
    """
    bound = fingerprint(STAGE, asdict(settings), before)
    output, num_parts = context.folder.uri, len(context.parts)

    anchors = Step(f"{STAGE}/anchors", bound)
    results = run_units(context, AnchorsWorker(output, anchors), num_parts, size)
    facts = [results[part.name].facts for part in context.parts]
    num_blocks = tuple(each["blocks"] for each in facts)
    num_anchors = sum(each["anchors"] for each in facts)
    live = Exchange(anchors.name, ANCHOR, _answer_live, ANCHOR, num_blocks, num_anchors)
    lives = _exchange(context, live, f"{STAGE}/live", bound)

    occurrences = Step(f"{STAGE}/occurrences", bound)
    results = run_units(context, OccurrencesWorker(output, occurrences, lives), num_parts, size)
    num_shared = sum(result.facts["shared"] for result in results.values())
    source = f"{occurrences.name}/shared"
    shared = Exchange(source, SHARED, _Decide(settings), VERDICT, num_blocks, num_shared)
    verdicts = _exchange(context, shared, f"{STAGE}/verdicts", bound)

    cuts = Step(f"{STAGE}/cuts", bound)
    results = run_units(context, CutsWorker(output, cuts, verdicts), num_parts, size)
    if not any(result.facts["documents"] for result in results.values()):
        raise RecipeError(
            "repeats: nothing is left of any document, so there is nothing to tokenize; give more "
            'text, or ease the settings, such as keep = "first"'
        )
    context.folder.remove(f"{ROWS}/{STAGE}")
    return content_of(context.folder, cuts)


def _answer_live(rows: Rows) -> tuple[Int64s, Rows]:
    alive = live_anchors(rows)
    return alive["block"].astype(np.int64), alive


@dataclass(frozen=True)
class _Decide:
    """`decide` with its settings, as it travels in a job graph."""

    settings: RepeatsSettings

    def __call__(self, rows: Rows) -> tuple[Int64s, Rows]:
        return decide(rows, self.settings)


def _exchange(context: BuildContext, exchange: Exchange, name: str, bound: str) -> tuple[str, ...]:
    """Shuffle in passes; returns the names of their steps, in order of keys."""
    names = []
    for number, partitions in enumerate(exchange.passes):
        step = Step(f"{name}-{number:03d}", bound)
        transform = ExchangeKeys(context.folder.uri, step, exchange, partitions)
        num_bytes = len(partitions) * exchange.num_rows * exchange.row_type.itemsize
        num_blocks = sum(exchange.num_blocks)
        _run(context, step, transform, num_blocks, num_bytes // exchange.num_partitions)
        names.append(step.name)
    return tuple(names)


def _run(
    context: BuildContext, step: Step, transform: ExchangeKeys, num_units: int, num_bytes: int
) -> None:
    run_graph(context, step, lambda root: root | transform, num_units, num_bytes)


def _answers(folder: Folder, steps: tuple[str, ...], block: int) -> Rows:
    """What a block was told in all passes, sorted by key."""
    return np.concatenate([read_rows(folder, block_path(name, block)) for name in steps])


@dataclass
class RepeatsWorker(PartWorker):
    """Base of what looks at parts."""

    @property
    def settings(self) -> RepeatsSettings:
        """The recipe's."""
        settings = self._loaded.recipe.repeats
        assert settings is not None
        return settings


@dataclass
class AnchorsWorker(RepeatsWorker):
    """Leaves each block's anchors; see `haybale.pipeline.units.worker.UnitWorker`."""

    def do(self, unit: int) -> UnitResult:
        """Leave the anchors of a part's blocks."""
        folder, settings = Folder(self.output), self.settings
        files, found = [], 0
        blocks = surviving_blocks(folder, self._parts[unit], ["text"], before=STAGE)
        for batch, (_, documents) in enumerate(blocks):
            block = block_of(unit, batch)
            rows = find_anchors(documents.column("text"), block, settings)
            files.append(write_rows(folder, block_path(self.step.name, block), rows))
            found += len(rows)
        return UnitResult(tuple(files), facts={"blocks": len(files), "anchors": found})


@dataclass
class OccurrencesWorker(RepeatsWorker):
    """Leaves each block's occurrences; see `haybale.pipeline.units.worker.UnitWorker`.

    Attributes:
        live: Steps that told blocks which of their anchors live.
    """

    live: tuple[str, ...]

    def do(self, unit: int) -> UnitResult:
        """Leave the occurrences of a part's blocks, and the keys that they share with others."""
        folder, settings = Folder(self.output), self.settings
        files, found, shared = [], 0, 0
        blocks = surviving_blocks(folder, self._parts[unit], ["doc_id", "text"], before=STAGE)
        for batch, (_, documents) in enumerate(blocks):
            block, ids = block_of(unit, batch), id_words(documents.column("doc_id"))
            live: UInt64s = np.ascontiguousarray(_answers(folder, self.live, block)["key"])
            rows = find_occurrences(documents.column("text"), ids, live, settings)
            keys = shared_keys(rows, ids, block)
            for name, each in (("", rows), ("/shared", keys)):
                path = block_path(f"{self.step.name}{name}", block)
                files.append(write_rows(folder, path, each))
            found, shared = found + len(rows), shared + len(keys)
        return UnitResult(tuple(files), facts={"occurrences": found, "shared": shared})


@dataclass
class CutsWorker(RepeatsWorker):
    """Cuts parts; see `haybale.pipeline.units.worker.UnitWorker`.

    Attributes:
        verdicts: Steps that told blocks which of their keys are repeated.
    """

    verdicts: tuple[str, ...]

    def do(self, unit: int) -> UnitResult:
        """Write a part's edits and removed documents."""
        folder, part = Folder(self.output), self._parts[unit]
        ledger, left = Ledger(), 0
        columns = ["doc_id", "language", "text"]
        with (
            open_table(folder, cuts_path(STAGE, part.name), EDITS) as edits,
            open_table(folder, removed_path(STAGE, part.name), REMOVED) as removed,
        ):
            blocks = surviving_blocks(folder, part, columns, before=STAGE)
            for batch, (rows, documents) in enumerate(blocks):
                cuts, gone = self._cut(folder, block_of(unit, batch), documents)
                reasons = np.full(len(rows), "", object)
                reasons[gone.column("row").to_numpy()] = gone.column("rule").to_pylist()
                enter_cuts(ledger, STAGE, part.subset, documents, cuts, reasons)
                edits.write(renumbered(cuts, rows))
                removed.write(renumbered(gone, rows))
                left += len(rows) - gone.num_rows
        facts = {"documents": left, "edits": edits.num_rows}
        return UnitResult((edits.record(), removed.record()), ledger, facts)

    def _cut(
        self, folder: Folder, block: int, documents: pa.RecordBatch
    ) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        """EDITS and REMOVED of a block."""
        settings = self.settings
        rows = read_rows(folder, block_path(f"{STAGE}/occurrences", block))
        lost = losing(rows, _answers(folder, self.verdicts, block), settings)
        cuts = cut_words(documents.column("text"), take_rows(rows, np.flatnonzero(lost)), settings)
        gone = (cuts.num_left >= 0) & (cuts.num_left < settings.min_remaining_words)
        (which,) = np.nonzero(gone)
        reasons = np.where(cuts.num_left[which] == 0, NOTHING_LEFT, LITTLE_LEFT)
        columns = [
            pa.array(which),
            documents.column("doc_id").take(pa.array(which)),
            pa.array(reasons.tolist(), pa.string()),
            pa.array(cuts.num_words[which]),
            pa.array(cuts.num_left[which]),
        ]
        stays = pc.invert(pc.is_in(cuts.edits.column("row"), columns[0]))
        return cuts.edits.filter(stays), pa.RecordBatch.from_arrays(columns, schema=REMOVED)
