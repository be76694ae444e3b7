"""Pairs and the components of their documents brought together: Beam's part in it."""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import numpy as np

from haybale.corpus.digests import UInt64s
from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.rows import VERIFIED, Rows, hash_ids
from haybale.pipeline.dedup.stars import LINK
from haybale.pipeline.jobs.components import no_rows
from haybale.pipeline.rows.passes import Pass
from haybale.pipeline.rows.row_files import RowFile, RowFiles
from haybale.pipeline.rows.row_order import take_sorted
from haybale.pipeline.rows.tables import write_rows
from haybale.pipeline.shuffle import partition, unpack
from haybale.pipeline.units.failures import reported
from haybale.pipeline.units.steps import Step, UnitResult, do_unit

Packed = tuple[int, bytes]

LABELLED = "run/deduplicate/labelled"
"""Where the pairs are left, sorted by component, a file for each partition of id space."""


LABELLED_PAIR = np.dtype(
    [("component", "u8"), *((name, VERIFIED[name]) for name in VERIFIED.names or ())]
)
"""VERIFIED with `component`: the hash of the name of the pair's component."""


class LabelPairs(beam.PTransform):  # type: ignore[misc]
    """Leave the verified pairs with their components' names, hashed, in files sorted by it."""

    def __init__(
        self,
        output: str,
        step: Step,
        verified: RowFiles,
        labels: RowFiles,
        each: Pass,
    ) -> None:
        super().__init__(label=step.name)
        self._verified, self._pass = verified, each
        self._read = _ReadPairs(output, verified, each)
        self._label = _LabelPairs(output, step, labels)

    def begin(self, root: beam.Pipeline) -> None:
        """Make it a pipeline of its own."""
        root | self

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[int]:
        """Beam's hook."""
        pairs = (
            root
            | "Number" >> beam.Create(range(self._verified.count), reshuffle=False)
            | "Spread" >> beam.Reshuffle().with_output_types(int)
            | "ReadPairs" >> beam.ParDo(self._read).with_output_types(Packed)
        )
        nothing = (
            root
            | "EveryPartition"
            >> beam.Create(range(self._pass.first, self._pass.stop), reshuffle=False)
            | "Nothing" >> beam.Map(no_rows).with_output_types(Packed)
        )
        return (
            (pairs, nothing)
            | "WithEveryPartition" >> beam.Flatten()
            | "GroupByDocument" >> beam.GroupByKey()
            | "LabelPairs" >> beam.ParDo(self._label).with_output_types(int)
        )


class _ReadPairs(beam.DoFn):  # type: ignore[misc]
    """Number of a file to packed VERIFIED rows, by the id of the first document."""

    def __init__(self, output: str, verified: RowFiles, each: Pass) -> None:
        self._folder, self._verified = Folder(output), verified
        self._pass = each

    def process(self, number: int) -> Iterator[Packed]:
        pairs = RowFile(self._folder, self._verified.path(number))[:]
        for place, block in partition(hash_ids(pairs["a_id"]), pairs, self._pass.count):
            if place in self._pass:
                yield place, block


class _LabelPairs(beam.DoFn):  # type: ignore[misc]
    """Packed VERIFIED rows of one partition to the same with their components, in a file."""

    def __init__(self, output: str, step: Step, labels: RowFiles) -> None:
        self._folder, self._step, self._labels = Folder(output), step, labels

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[int]:
        number, blocks = group

        def work() -> UnitResult:
            pairs = unpack(blocks, VERIFIED)
            labels = RowFile(self._folder, self._labels.path(number))[:]
            labelled = np.empty(len(pairs), LABELLED_PAIR)
            for name in pairs.dtype.names or ():
                labelled[name] = pairs[name]
            labelled["component"] = hash_ids(labels_of(labels, pairs["a_id"]))
            labelled = take_sorted(labelled, [labelled[name] for name in ("component", "a", "b")])
            record = write_rows(self._folder, f"{LABELLED}/{number:05d}.npy", labelled)
            return UnitResult(files=(record,), facts={"pairs": len(labelled)})

        with reported(self._folder):
            do_unit(self._folder, self._step, f"{number:05d}", work)
        yield number


def labels_of(labels: Rows, ids: UInt64s) -> UInt64s:
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
