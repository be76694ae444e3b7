"""Stage 2, deduplicate: everything that needs the whole corpus. Text does not shuffle.

    exact       digests, shuffled by digest: per part, who has an earlier twin
    candidates  bands of the rest, shuffled by band: pairs that share one
    verified    each pair's exact similarity, from the texts
    survivors   of the graph of verified pairs, by policy
    removals    per part who goes, why, and for whom

Memory: a group of a shuffle holds about `PARTITION_BYTES`; the driver holds 16 bytes per candidate
pair, and `NODE_BYTES` per document with a verified neighbour while survivors are chosen.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.candidates import distinct_pairs
from haybale.pipeline.dedup.rows import BAND, EXACT, PAIR, Rows, part_of, row_of
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.dedup.verify import cut_blocks, verify
from haybale.pipeline.drive import run_graph, run_units
from haybale.pipeline.jobs.duplicates import FindCandidates, FindExact
from haybale.pipeline.jobs.removals import RemovalsWorker
from haybale.pipeline.jobs.survivors import MAX_MEMORY_BYTES, find_survivors
from haybale.pipeline.shuffle import num_partitions
from haybale.pipeline.steps import Step, UnitResult, content_of, fingerprint, finished_units
from haybale.pipeline.tables import read_rows, read_table, write_rows
from haybale.pipeline.units import PartWorker

STAGE = "deduplicate"
PASS_BYTES = 512 << 20
"""Bands are shuffled in passes of about this many bytes: local engines hold a shuffle in memory, at
4.5 to 9 times its size."""


def deduplicate(context: BuildContext, settings: DedupSettings, before: str, documents: int) -> str:
    """Run the stage.

    Args:
        context: The build.
        settings: The recipe's `dedup`.
        before: Digest of what ingest left behind.
        documents: How many ingest kept.

    Returns:
        Digest of what this stage left behind.
    """
    bound = fingerprint(STAGE, vars(settings), before)
    output, num_parts = context.folder.uri, len(context.parts)
    exact = Step(f"{STAGE}/exact", bound)
    num_bytes = documents * EXACT.itemsize
    find = FindExact(output, exact, num_parts, num_partitions(documents, EXACT), settings.keep)
    run_graph(context, exact, lambda root: root | find, num_parts, num_bytes)
    if settings.near:
        pairs = _find_candidates(context, settings, bound, documents)
        num_tasks, text_bytes = _write_tasks(context, pairs)
        verified = Step(f"{STAGE}/verified", bound)
        run_units(context, VerifyWorker(output, verified), num_tasks, text_bytes)
        find_survivors(context, verified, num_tasks, settings.keep, MAX_MEMORY_BYTES)
    removals = Step(f"{STAGE}/removals", bound)
    run_units(context, RemovalsWorker(output, removals), num_parts, num_bytes)
    return content_of(context.folder, removals)


def _find_candidates(
    context: BuildContext, settings: DedupSettings, bound: str, documents: int
) -> Rows:
    """PAIR of every two documents that share a band, gathered from all passes."""
    num_bands, rows = settings.bands()
    bytes_per_band = max(1, documents * BAND.itemsize)
    per_pass = max(1, PASS_BYTES // bytes_per_band)
    found = [np.empty(0, PAIR)]
    for number, first in enumerate(range(0, num_bands, per_pass)):
        bands = tuple(range(first, min(first + per_pass, num_bands)))
        step = Step(f"{STAGE}/candidates-{number:03d}", bound)
        count = num_partitions(documents * len(bands), BAND)
        find = FindCandidates(context.folder.uri, step, len(context.parts), count, bands, rows)
        _run_candidates(context, step, find, count, bytes_per_band * len(bands))
        for result in finished_units(context.folder, step).values():
            found += [read_rows(context.folder, file.path) for file in result.files]
    return distinct_pairs(np.concatenate(found))


def _run_candidates(
    context: BuildContext, step: Step, find: FindCandidates, count: int, num_bytes: int
) -> None:
    run_graph(context, step, lambda root: root | find, count, num_bytes)


def _task_path(number: int) -> str:
    return f"run/{STAGE}/tasks/{number:05d}.npy"


def _write_tasks(context: BuildContext, pairs: Rows) -> tuple[int, int]:
    """Cut the candidates into verification tasks; returns how many, and their bytes of text."""
    wanted = np.unique(np.r_[pairs["a"], pairs["b"]])
    sizes = _text_bytes(context, wanted)
    ends = np.stack([sizes[np.searchsorted(wanted, pairs[end])] for end in "ab"], axis=1)
    num_tasks = 0
    for block in cut_blocks(pairs, ends):
        write_rows(context.folder, _task_path(num_tasks), block)
        num_tasks += 1
    return num_tasks, int(sizes.sum())


def _text_bytes(context: BuildContext, wanted: UInt64s) -> npt.NDArray[np.int64]:
    """Text bytes of documents, by sorted addresses."""
    sizes = np.empty(len(wanted), np.int64)
    parts = part_of(wanted)
    for part in np.unique(parts):
        name = f"signatures/{context.parts[int(part)].name}.arrow"
        column = read_table(context.folder, name, ["text_bytes"]).column(0).to_numpy()
        sizes[parts == part] = column[row_of(wanted[parts == part])]
    return sizes


@dataclass
class VerifyWorker(PartWorker):
    """Verifies tasks; see `haybale.pipeline.units.UnitWorker`."""

    def name(self, unit: int) -> str:
        """The task's number."""
        return f"{unit:05d}"

    def do(self, unit: int) -> UnitResult:
        """Verify the pairs of one task."""
        folder, settings = Folder(self.output), self._loaded.recipe.dedup
        assert settings is not None
        pairs = np.asarray(read_rows(folder, _task_path(unit)))
        names = [part.name for part in self._parts]
        verified = verify(folder, names, pairs, settings.shingle_words, settings.exact_threshold)
        record = write_rows(folder, f"run/{self.step.name}/{unit:05d}.npy", verified)
        facts = {"candidate_pairs": len(pairs), "verified_pairs": len(verified)}
        return UnitResult(files=(record,), facts=facts)
