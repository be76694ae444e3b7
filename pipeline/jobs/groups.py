"""Survivors of the verified graph, group by group: a group holds whole components.

    labels + verified pairs -> pairs by component, in files sorted by group -> survivors of a group

Groups are ranges of the hash of a component's name. A component of any size is decided within its
group, on disk (see `haybale.pipeline.dedup.survivors`); memory is `NODE_BYTES` per document of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s
from haybale.corpus.errors import HaybaleError
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.graph import NUM_RANKS, find_nodes, ranked, ranked_type
from haybale.pipeline.dedup.rows import CLUSTERED, REMOVED, Rows
from haybale.pipeline.dedup.stars import LINK, hash_ids
from haybale.pipeline.dedup.survivors import choose_survivors
from haybale.pipeline.drive import run_graph, run_units
from haybale.pipeline.external_sort import lower_bound
from haybale.pipeline.jobs.components import RowFiles, no_rows
from haybale.pipeline.passes import Pass, cut_passes
from haybale.pipeline.row_order import take_sorted
from haybale.pipeline.shuffle import num_partitions, partition, unpack
from haybale.pipeline.steps import Step, UnitResult, do_unit, reported
from haybale.pipeline.tables import RowFile, read_rows, write_row_blocks, write_rows

Packed = tuple[int, bytes]

LABELLED = "run/deduplicate/labelled"
GROUPS = "run/deduplicate/groups"


@cache
def labelled_type(num_ranks: int) -> np.dtype[Any]:
    """RANKED with `component`: the hash of the name of the pair's component."""
    return np.dtype([("component", "u8"), *_fields(ranked_type(num_ranks))])


def _fields(row_type: np.dtype[Any]) -> list[tuple[str, np.dtype[Any]]]:
    return [(name, row_type[name]) for name in row_type.names or ()]


def survivors_of_groups(
    context: BuildContext,
    bound: str,
    keep: str,
    verified: RowFiles,
    labels: RowFiles,
    pass_bytes: int,
) -> int:
    """Leave REMOVED and CLUSTERED rows of each group of components; returns how many groups.

    Args:
        context: The build.
        bound: Fingerprint of what the pairs follow from.
        keep: The policy, see `DedupSettings.keep`.
        verified: VERIFIED.
        labels: From `find_components`.
        pass_bytes: About so many bytes are shuffled at a time.
    """
    row_type = labelled_type(NUM_RANKS)
    num_bytes = verified.num_rows * row_type.itemsize
    for each in cut_passes(labels.count, num_bytes, pass_bytes):
        step = Step(f"deduplicate/labelled-{each}", bound)
        join = LabelPairs(context.folder.uri, step, verified, labels, keep, each)
        run_graph(context, step, join.begin, len(each), each.num_bytes)
    count = num_partitions(verified.num_rows, row_type)
    worker = GroupWorker(context.folder.uri, Step("deduplicate/groups", bound), labels.count, count)
    run_units(context, worker, count, num_bytes)
    return count


class LabelPairs(beam.PTransform):  # type: ignore[misc]
    """Leave the verified pairs with their components' names, hashed, in files sorted by it."""

    def __init__(
        self,
        output: str,
        step: Step,
        verified: RowFiles,
        labels: RowFiles,
        keep: str,
        each: Pass,
    ) -> None:
        super().__init__(label=step.name)
        self._verified, self._pass = verified, each
        self._read = _ReadPairs(output, verified, keep, each)
        self._label = _LabelPairs(output, step, labels)

    def begin(self, root: beam.Pipeline) -> None:
        """Make it a pipeline of its own."""
        root | self

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[int]:
        """Beam's hook."""
        pairs = (
            root
            | "Number" >> beam.Create(range(self._verified.count))
            | "Spread" >> beam.Reshuffle().with_output_types(int)
            | "ReadPairs" >> beam.ParDo(self._read).with_output_types(Packed)
        )
        nothing = (
            root
            | "EveryPartition" >> beam.Create(range(self._pass.first, self._pass.stop))
            | "Nothing" >> beam.Map(no_rows).with_output_types(Packed)
        )
        return (
            (pairs, nothing)
            | "WithEveryPartition" >> beam.Flatten()
            | "GroupByDocument" >> beam.GroupByKey()
            | "LabelPairs" >> beam.ParDo(self._label).with_output_types(int)
        )


class _ReadPairs(beam.DoFn):  # type: ignore[misc]
    """Number of a file to packed RANKED rows, by the id of the first document."""

    def __init__(self, output: str, verified: RowFiles, keep: str, each: Pass) -> None:
        self._folder, self._verified = Folder(output), verified
        self._keep, self._pass = keep, each

    def process(self, number: int) -> Iterator[Packed]:
        rows = read_rows(self._folder, self._verified.path(number))
        pairs = ranked(np.asarray(rows), self._keep)
        for place, block in partition(hash_ids(pairs["a_id"]), pairs, self._pass.count):
            if place in self._pass:
                yield place, block


class _LabelPairs(beam.DoFn):  # type: ignore[misc]
    """Packed RANKED rows of one partition to the same with their components, in a file."""

    def __init__(self, output: str, step: Step, labels: RowFiles) -> None:
        self._folder, self._step, self._labels = Folder(output), step, labels

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[int]:
        number, blocks = group

        def work() -> UnitResult:
            pairs = unpack(blocks, ranked_type(NUM_RANKS))
            labels = read_rows(self._folder, self._labels.path(number))
            labelled = np.empty(len(pairs), labelled_type(NUM_RANKS))
            for name in pairs.dtype.names or ():
                labelled[name] = pairs[name]
            labelled["component"] = hash_ids(_labels_of(np.asarray(labels), pairs["a_id"]))
            labelled = take_sorted(labelled, [labelled[name] for name in ("component", "a", "b")])
            record = write_rows(self._folder, f"{LABELLED}/{number:05d}.npy", labelled)
            return UnitResult(files=(record,), facts={"pairs": len(labelled)})

        with reported(self._folder):
            do_unit(self._folder, self._step, f"{number:05d}", work)
        yield number


def _labels_of(labels: Rows, ids: UInt64s) -> UInt64s:
    """The names of the components of these documents: who has no label is one itself."""
    assert labels.dtype == LINK
    # Equal ids are next to each other, a label before those whom it names.
    every = np.concatenate([labels["node"], ids])
    is_id = np.r_[np.zeros(len(labels), np.uint8), np.ones(len(ids), np.uint8)]
    order = np.lexsort((is_id, every[:, 1], every[:, 0]))
    found = np.where(is_id[order] == 0, np.arange(len(order)), -1)
    found = np.maximum.accumulate(found)
    before = order[np.maximum(found, 0)]  # the last label at or before each place
    named = (found >= 0) & (every[before] == every[order]).all(axis=1)
    names = ids.copy()
    chosen = named & (is_id[order] == 1)
    names[order[chosen] - len(labels)] = labels["to"][before[chosen]]
    return names


@dataclass
class GroupWorker:
    """Decides the survivors of groups; see `haybale.pipeline.units.UnitWorker`.

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
