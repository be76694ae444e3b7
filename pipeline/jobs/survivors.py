"""The survivors of the verified graph, in the driver where it fits there, else group by group.

Both leave the same bytes: REMOVED and CLUSTERED rows of the whole corpus, sorted by address.
"""

from pathlib import Path
from typing import Any

import numpy as np

from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.graph import NODE_BYTES, PLACED, find_nodes
from haybale.pipeline.dedup.rows import CLUSTERED, REMOVED, VERIFIED
from haybale.pipeline.dedup.survivors import choose_survivors
from haybale.pipeline.jobs.components import find_components
from haybale.pipeline.jobs.groups import GROUPS, survivors_of_groups
from haybale.pipeline.jobs.labels import LABELLED
from haybale.pipeline.jobs.removals import CLUSTERS_PATH, NEAR_PATH
from haybale.pipeline.rows.external_sort import BLOCK_BYTES, ExternalSort
from haybale.pipeline.rows.row_files import RowFile, RowFiles, row_blocks, write_row_blocks
from haybale.pipeline.shuffle import num_partitions
from haybale.pipeline.units.steps import (
    Step,
    UnitResult,
    do_unit,
    finish,
    finished_units,
    is_finished,
)

FIXED_BYTES = 896 << 20
"""What the process holds beside nodes: Python and its libraries, and blocks being sorted."""

_MAX_RUNS = 512  # of a sort: they make its blocks a sixteenth smaller
_DRIVER_UNIT = "all"


def fits_driver(num_nodes: int, num_pairs: int, max_memory_bytes: int) -> bool:
    """Whether the driver alone can decide a graph of this size.

    Args:
        num_nodes: Documents with a verified neighbour.
        num_pairs: Verified pairs: they pass through the driver's disk.
        max_memory_bytes: What the driver may use.
    """
    return (
        NODE_BYTES * num_nodes + FIXED_BYTES <= max_memory_bytes
        and num_pairs * PLACED.itemsize <= _MAX_RUNS * BLOCK_BYTES
    )


def find_survivors(
    context: BuildContext, verified: Step, num_files: int, max_memory_bytes: int
) -> None:
    """Leave at NEAR_PATH who goes and at CLUSTERS_PATH who belongs to which cluster.

    Args:
        context: The build.
        verified: The step that left the verified pairs.
        num_files: Of verified pairs.
        max_memory_bytes: What a process may use; decides how, never what.
    """
    folder, step = context.folder, Step("deduplicate/survivors", verified.fingerprint)
    if is_finished(folder, step):
        return
    results = finished_units(folder, verified).values()
    num_pairs = sum(result.facts["verified_pairs"] for result in results)
    pairs = RowFiles(f"run/{verified.name}", num_files, num_pairs)
    read = row_blocks(folder, [pairs])
    intermediate = []
    with folder.scratch() as scratch, context.progress.watch(step.name):
        nodes = find_nodes(read, scratch) if fits_driver(0, num_pairs, max_memory_bytes) else None
        if nodes is not None and fits_driver(nodes.count, num_pairs, max_memory_bytes):
            chosen = choose_survivors(read, nodes, scratch)
            removed, clustered = chosen.removed, chosen.clustered
        else:
            pass_bytes = shuffled_bytes(context.engine.is_local, max_memory_bytes)
            bound = verified.fingerprint
            count = num_partitions(num_pairs, VERIFIED)
            labels = find_components(context, bound, [pairs], count, pass_bytes)
            count = survivors_of_groups(context, bound, pairs, labels, pass_bytes)
            intermediate = [labels.folder, LABELLED, GROUPS]
            removed = _gathered(folder, "removed", REMOVED, count, scratch)
            clustered = _gathered(folder, "clustered", CLUSTERED, count, scratch)
        do_unit(folder, step, _DRIVER_UNIT, lambda: _leave(folder, removed, clustered))
    finish(folder, step)
    for name in intermediate:
        folder.remove(name)


def shuffled_bytes(is_local: bool, max_memory_bytes: int) -> int:
    """What is shuffled at once: on this computer it is in memory, on others in their service."""
    return max(BLOCK_BYTES, max_memory_bytes // 16) if is_local else 1 << 62


def _gathered(
    folder: Folder, kind: str, row_type: np.dtype[Any], count: int, scratch: Path
) -> ExternalSort:
    """The rows of all groups, sorted by address."""
    rows = ExternalSort(row_type, ("address",), scratch)
    for group in range(count):
        rows.add(RowFile(folder, f"{GROUPS}/{group:05d}.{kind}.npy")[:])
    return rows


def _leave(folder: Folder, removed: ExternalSort, clustered: ExternalSort) -> UnitResult:
    def write(name: str, rows: ExternalSort) -> FileRecord:
        return write_row_blocks(folder, name, rows.row_type, rows.num_rows, rows.blocks())

    files = (write(NEAR_PATH, removed), write(CLUSTERS_PATH, clustered))
    return UnitResult(files, facts={"removed": removed.num_rows, "documents": clustered.num_rows})
