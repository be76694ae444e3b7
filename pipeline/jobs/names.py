"""Documents and the names of their components brought together: Beam's part in it."""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import numpy as np

from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.rows import CLUSTERED, Rows, hash_ids
from haybale.pipeline.jobs.components import no_rows
from haybale.pipeline.jobs.labels import labels_of
from haybale.pipeline.rows.passes import Pass
from haybale.pipeline.rows.row_files import RowFile, RowFiles, path_of
from haybale.pipeline.rows.row_order import take_sorted
from haybale.pipeline.rows.tables import write_rows
from haybale.pipeline.shuffle import partition, run_starts, unpack
from haybale.pipeline.units.failures import reported
from haybale.pipeline.units.steps import Step, UnitResult, do_unit

Packed = tuple[int, bytes]

NAMED = "run/deduplicate/named"
"""Where CLUSTERED rows are left, sorted by address, a file for each partition of id space."""

NODE = np.dtype([("id", "u8", 2), ("address", "u8")])
"""A document of a pair."""


class NameDocuments(beam.PTransform):  # type: ignore[misc]
    """Leave every document of any pair with the name of its component."""

    def __init__(
        self,
        output: str,
        step: Step,
        pairs: tuple[RowFiles, ...],
        labels: RowFiles,
        each: Pass,
    ) -> None:
        super().__init__(label=step.name)
        self._count, self._pass = sum(files.count for files in pairs), each
        self._read = _ReadNodes(output, pairs, each)
        self._name = _NameNodes(output, step, labels)

    def begin(self, root: beam.Pipeline) -> None:
        """Make it a pipeline of its own."""
        root | self

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[int]:
        """Beam's hook."""
        nodes = (
            root
            | "Number" >> beam.Create(range(self._count), reshuffle=False)
            | "Spread" >> beam.Reshuffle().with_output_types(int)
            | "ReadNodes" >> beam.ParDo(self._read).with_output_types(Packed)
        )
        nothing = (
            root
            | "EveryPartition"
            >> beam.Create(range(self._pass.first, self._pass.stop), reshuffle=False)
            | "Nothing" >> beam.Map(no_rows).with_output_types(Packed)
        )
        return (
            (nodes, nothing)
            | "WithEveryPartition" >> beam.Flatten()
            | "GroupByDocument" >> beam.GroupByKey()
            | "NameNodes" >> beam.ParDo(self._name).with_output_types(int)
        )


class _ReadNodes(beam.DoFn):  # type: ignore[misc]
    """Number of a file of pairs to packed NODE rows, each document of it once, by id."""

    def __init__(self, output: str, pairs: tuple[RowFiles, ...], each: Pass) -> None:
        self._folder, self._pairs, self._pass = Folder(output), pairs, each

    def process(self, number: int) -> Iterator[Packed]:
        pairs = RowFile(self._folder, path_of(self._pairs, number))[:]
        nodes = np.empty(2 * len(pairs), NODE)
        for end, half in (("a", slice(None, len(pairs))), ("b", slice(len(pairs), None))):
            nodes["id"][half], nodes["address"][half] = pairs[f"{end}_id"], pairs[end]
        nodes = _distinct(nodes)
        for place, block in partition(hash_ids(nodes["id"]), nodes, self._pass.count):
            if place in self._pass:
                yield place, block


class _NameNodes(beam.DoFn):  # type: ignore[misc]
    """Packed NODE rows of one partition to CLUSTERED rows, in a file."""

    def __init__(self, output: str, step: Step, labels: RowFiles) -> None:
        self._folder, self._step, self._labels = Folder(output), step, labels

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[int]:
        number, blocks = group

        def work() -> UnitResult:
            nodes = _distinct(unpack(blocks, NODE))
            labels = RowFile(self._folder, self._labels.path(number))[:]
            named = np.empty(len(nodes), CLUSTERED)
            named["address"], named["cluster"] = nodes["address"], labels_of(labels, nodes["id"])
            record = write_rows(self._folder, f"{NAMED}/{number:05d}.npy", named)
            return UnitResult(files=(record,), facts={"documents": len(named)})

        with reported(self._folder):
            do_unit(self._folder, self._step, f"{number:05d}", work)
        yield number


def _distinct(nodes: Rows) -> Rows:
    """Each document once, sorted by address."""
    nodes = take_sorted(nodes, [nodes["address"]])
    return nodes.take(run_starts(nodes["address"]))
