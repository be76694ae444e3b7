"""Families, which share a split: found in the driver where they fit there, else by star rounds.

Both leave the same bytes: CLUSTERED rows of the whole corpus, sorted by address.
"""

from collections.abc import Iterator
from pathlib import Path

from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.families import name_families
from haybale.pipeline.dedup.graph import find_nodes
from haybale.pipeline.dedup.rows import CLUSTERED, VERIFIED, Rows
from haybale.pipeline.jobs.components import find_components
from haybale.pipeline.jobs.names import NAMED, NODE, NameDocuments
from haybale.pipeline.jobs.removals import CLUSTERS_PATH, FAMILIES_PATH
from haybale.pipeline.jobs.survivors import fits_driver, shuffled_bytes
from haybale.pipeline.jobs.verified import KIN_FOLDER
from haybale.pipeline.rows.external_sort import ExternalSort
from haybale.pipeline.rows.passes import cut_passes
from haybale.pipeline.rows.row_files import RowFile, RowFiles, row_blocks, write_row_blocks
from haybale.pipeline.shuffle import num_partitions
from haybale.pipeline.units.drive import run_graph
from haybale.pipeline.units.steps import (
    Step,
    UnitResult,
    do_unit,
    finish,
    finished_units,
    is_finished,
)

KIN_STARS = "deduplicate/kin-stars"
_DRIVER_UNIT = "all"


def find_families(
    context: BuildContext, verified: Step, num_files: int, max_memory_bytes: int
) -> None:
    """Leave at FAMILIES_PATH who belongs to which family; survivors have been found before.

    Args:
        context: The build.
        verified: The step that left the verified pairs and the kin.
        num_files: Of each.
        max_memory_bytes: What a process may use; decides how, never what.
    """
    folder, step = context.folder, Step("deduplicate/families", verified.fingerprint)
    if is_finished(folder, step):
        return
    results = finished_units(folder, verified).values()
    num_verified, num_kin = (
        sum(result.facts[name] for result in results) for name in ("verified_pairs", "kin_pairs")
    )
    pairs = (
        RowFiles(f"run/{verified.name}", num_files, num_verified),
        RowFiles(KIN_FOLDER, num_files, num_kin),
    )
    intermediate = []
    with folder.scratch() as scratch, context.progress.watch(step.name):
        if num_kin == 0:
            clusters = RowFile(folder, CLUSTERS_PATH)
            num_rows, blocks = len(clusters), _blocks_of(clusters)
        else:
            named = _in_driver(context, pairs, scratch, max_memory_bytes)
            if named is None:
                labels = _by_rounds(context, verified.fingerprint, pairs, max_memory_bytes)
                intermediate = [labels.folder, NAMED]
                named = _gathered(context, labels.count, scratch)
            num_rows, blocks = named.num_rows, named.blocks()

        def leave() -> UnitResult:
            record = write_row_blocks(folder, FAMILIES_PATH, CLUSTERED, num_rows, blocks)
            return UnitResult((record,), facts={"documents": num_rows})

        do_unit(folder, step, _DRIVER_UNIT, leave)
    finish(folder, step)
    for name in intermediate:
        folder.remove(name)


def _blocks_of(clusters: RowFile) -> Iterator[Rows]:
    """Without kin, clusters are the families, under the names that they have here."""
    for start in range(0, len(clusters), 1 << 20):
        yield clusters[start : start + (1 << 20)]


def _in_driver(
    context: BuildContext, pairs: tuple[RowFiles, ...], scratch: Path, max_memory_bytes: int
) -> ExternalSort | None:
    """Families by union-find; None where it needs more memory than it may have."""
    if not fits_driver(0, 0, max_memory_bytes):
        return None
    read = row_blocks(context.folder, pairs)
    nodes = find_nodes(read, scratch)
    if not fits_driver(nodes.count, 0, max_memory_bytes):  # pairs are never sorted
        return None
    return name_families(read, nodes, scratch)


def _by_rounds(
    context: BuildContext, bound: str, pairs: tuple[RowFiles, ...], max_memory_bytes: int
) -> RowFiles:
    """Leave the families in files by range of ids; returns the labels, as many."""
    pass_bytes = shuffled_bytes(context.engine.is_local, max_memory_bytes)
    num_pairs = sum(files.num_rows for files in pairs)
    count = num_partitions(num_pairs, VERIFIED)
    labels = find_components(context, bound, pairs, count, pass_bytes, KIN_STARS)
    for each in cut_passes(count, 2 * num_pairs * NODE.itemsize, pass_bytes):
        step = Step(f"deduplicate/named-{each}", bound)
        names = NameDocuments(context.folder.uri, step, pairs, labels, each)
        run_graph(context, step, names.begin, len(each), each.num_bytes)
    return labels


def _gathered(context: BuildContext, count: int, scratch: Path) -> ExternalSort:
    """The rows of all ranges of ids, sorted by address."""
    rows = ExternalSort(CLUSTERED, ("address",), scratch)
    for number in range(count):
        rows.add(RowFile(context.folder, f"{NAMED}/{number:05d}.npy")[:])
    return rows
