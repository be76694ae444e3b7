"""Survivors of the verified graph, group by group: a group holds whole components.

    labels + verified pairs -> pairs by component, in files sorted by group -> survivors of a group

Groups are ranges of the hash of a component's name. A component of any size is decided within its
group, on disk (see `haybale.pipeline.dedup.survivors`); memory is `NODE_BYTES` per document of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from haybale.corpus.errors import HaybaleError
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.graph import find_nodes
from haybale.pipeline.dedup.rows import CLUSTERED, REMOVED, Rows, hash_ids
from haybale.pipeline.dedup.survivors import choose_survivors
from haybale.pipeline.jobs.labels import LABELLED, LABELLED_PAIR, LabelPairs
from haybale.pipeline.rows.external_sort import lower_bound
from haybale.pipeline.rows.passes import cut_passes
from haybale.pipeline.rows.row_files import RowFile, RowFiles, write_row_blocks
from haybale.pipeline.shuffle import num_partitions
from haybale.pipeline.units.drive import run_graph, run_units
from haybale.pipeline.units.steps import Step, UnitResult

GROUPS = "run/deduplicate/groups"
"""Where REMOVED and CLUSTERED rows of each group are left."""


def survivors_of_groups(
    context: BuildContext,
    bound: str,
    verified: RowFiles,
    labels: RowFiles,
    pass_bytes: int,
) -> int:
    """Leave REMOVED and CLUSTERED rows of each group of components; returns how many groups.

    Args:
        context: The build.
        bound: Fingerprint of what the pairs follow from.
        verified: VERIFIED.
        labels: From `find_components`.
        pass_bytes: About so many bytes are shuffled at a time.
    """
    row_type = LABELLED_PAIR
    num_bytes = verified.num_rows * row_type.itemsize
    for each in cut_passes(labels.count, num_bytes, pass_bytes):
        step = Step(f"deduplicate/labelled-{each}", bound)
        join = LabelPairs(context.folder.uri, step, verified, labels, each)
        run_graph(context, step, join.begin, len(each), each.num_bytes)
    count = num_partitions(verified.num_rows, row_type)
    worker = GroupWorker(context.folder.uri, Step("deduplicate/groups", bound), labels.count, count)
    run_units(context, worker, count, num_bytes)
    return count


@dataclass
class GroupWorker:
    """Decides the survivors of groups; see `haybale.pipeline.units.worker.UnitWorker`.

    Attributes:
        output: The corpus folder.
        step: What is being done.
        num_files: Files of labelled pairs.
        count: Groups.
    """

    output: str
    step: Step
    num_files: int
    count: int
    _files: list[RowFile] = field(init=False, repr=False)

    def load(self) -> None:
        """Open the labelled pairs."""
        folder = Folder(self.output)
        names = (f"{LABELLED}/{number:05d}.npy" for number in range(self.num_files))
        self._files = [RowFile(folder, name) for name in names]

    def name(self, unit: int) -> str:
        """The group's number."""
        return f"{unit:05d}"

    def do(self, unit: int) -> UnitResult:
        """Decide one group."""
        low, stop = _first_hash(unit, self.count), _first_hash(unit + 1, self.count)

        def read() -> Iterator[Rows]:
            for rows in self._files:
                start, end = (lower_bound(rows, ("component",), (cut,)) for cut in (low, stop))
                if end > start:
                    yield rows[start:end]

        folder = Folder(self.output)
        with folder.scratch() as scratch:
            nodes = find_nodes(read, scratch)
            chosen = choose_survivors(read, nodes, scratch)
            for block in chosen.clustered.blocks():
                _check_names(hash_ids(block["cluster"]), low, stop)
            files = tuple(
                write_row_blocks(folder, f"{GROUPS}/{unit:05d}.{kind}.npy", row_type, *sorted_)
                for kind, row_type, sorted_ in (
                    ("removed", REMOVED, (chosen.removed.num_rows, chosen.removed.blocks())),
                    ("clustered", CLUSTERED, (nodes.count, chosen.clustered.blocks())),
                )
            )
        facts = {"documents": nodes.count, "removed": chosen.removed.num_rows}
        return UnitResult(files=files, facts=facts)


def _first_hash(group: int, count: int) -> int:
    """The smallest hash of a group: the least h whose `partition` among so many is the group."""
    return -(-(group << 32) // count) << 32


def _check_names(hashes: npt.NDArray[np.uint64], low: int, stop: int) -> None:
    """Union-find within the group must find the components that brought its pairs together."""
    if any(not low <= value < stop for value in (int(hashes.min()), int(hashes.max()))):
        raise HaybaleError(
            "connected components: star rounds and union-find name a component differently; this "
            "is a fault of the program, not of the data: please report it"
        )
