"""The second shuffle of deduplication as a Beam transform: by bucket of a band.

Buckets are shuffled in passes by range of their keys, as many as memory asks for. Pairs are left by
region, a run of parts: each in the regions of both its documents.
"""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import numpy as np

from haybale.corpus.digests import mix64
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.dedup.candidates import bucket_pairs, distinct_pairs
from haybale.pipeline.dedup.rows import PAIR, Rows, band_type, part_of
from haybale.pipeline.jobs.bands import order_path, read_range
from haybale.pipeline.jobs.regions import num_regions, region_of
from haybale.pipeline.rows.tables import read_rows, write_rows
from haybale.pipeline.shuffle import by_number, partition, unpack
from haybale.pipeline.units.failures import reported
from haybale.pipeline.units.steps import Step, UnitResult, do_unit

Packed = tuple[int, bytes]


def candidates_step(number: int, num_passes: int) -> str:
    """Name of the step that makes a pass, of so many."""
    return f"deduplicate/candidates-{number + 1:04d}-of-{num_passes:04d}"


def read_candidates(folder: Folder, num_passes: int, region: int) -> Rows:
    """PAIR of a region from all passes, distinct and sorted."""
    steps = [candidates_step(number, num_passes) for number in range(num_passes)]
    paths = [_path(step, region) for step in steps]
    return distinct_pairs(np.concatenate([read_rows(folder, path) for path in paths]))


def limited_buckets(folder: Folder, num_passes: int, num_parts: int) -> int:
    """How many buckets of all passes were too large for all pairs."""
    units = [
        Step(candidates_step(number, num_passes), "").unit_path(_unit(num_regions(num_parts)))
        for number in range(num_passes)
    ]
    return sum(read_parsed(folder, unit)["facts"]["limited_buckets"] for unit in units)


def _unit(region: int) -> str:
    return f"{region:05d}"


def _path(step: str, region: int) -> str:
    return f"run/{step}/{_unit(region)}.npy"


class _ReadBuckets(beam.DoFn):  # type: ignore[misc]
    """Part to packed BAND rows of the pass, by key."""

    def __init__(self, output: str, num_words: int, count: int, first: int, last: int) -> None:
        self._folder, self._count = Folder(output), count
        self._row_type = band_type(num_words)
        self._first, self._last = first, last

    def process(self, part: int) -> Iterator[Packed]:
        banded = read_range(self._folder, part, self._first, self._last)
        if len(banded) == 0:
            return
        rows = np.empty(len(banded), self._row_type)
        rows["key"] = banded["key"]
        rows["order"] = read_rows(self._folder, order_path(part)).take(banded["row"], axis=0)
        rows["address"] = np.uint64(part << 32) + banded["row"]
        # All keys of a pass begin alike; mixed, they fall into any group.
        yield from partition(mix64(rows["key"]), rows, self._count)


class _PairBuckets(beam.DoFn):  # type: ignore[misc]
    """Packed BAND rows of one group of keys to packed PAIR rows, by region.

    Under the number after the last region: how many buckets were too large for all pairs.
    """

    def __init__(self, num_words: int, num_own: int, num_parts: int) -> None:
        self._row_type = band_type(num_words)
        self._num_own, self._num_parts = num_own, num_parts

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[Packed]:
        pairs, num_limited = bucket_pairs(unpack(group[1], self._row_type))
        # The first of a pair has the smaller address; two of earlier corpora are no pair of ours.
        pairs = pairs[part_of(pairs["a"]) < self._num_own]
        ends = [region_of(part_of(pairs[end]), self._num_parts) for end in "ab"]
        yield from by_number(ends[0], pairs)
        elsewhere = ends[0] != ends[1]
        yield from by_number(ends[1][elsewhere], pairs[elsewhere])
        yield num_regions(self._num_parts), np.int64(num_limited).tobytes()


class _WriteRegion(beam.DoFn):  # type: ignore[misc]
    """A region's pairs to its file."""

    def __init__(self, output: str, step: Step, num_parts: int) -> None:
        self._folder, self._step = Folder(output), step
        self._num_regions = num_regions(num_parts)

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[int]:
        region, blocks = group

        def work() -> UnitResult:
            if region == self._num_regions:
                counts = np.frombuffer(b"".join(blocks), np.int64)
                return UnitResult(facts={"limited_buckets": int(counts.sum())})
            pairs = distinct_pairs(unpack(blocks, PAIR))
            return UnitResult(files=(write_rows(self._folder, self._file(region), pairs),))

        with reported(self._folder):
            do_unit(self._folder, self._step, _unit(region), work)
        yield region

    def _file(self, region: int) -> str:
        return _path(self._step.name, region)


class FindCandidates(beam.PTransform):  # type: ignore[misc]
    """Leave pairs of documents that share a bucket with first <= key < last.

    Args:
        output: The corpus folder.
        step: What is being done.
        num_words: Of the order in which documents of a bucket are preferred.
        num_own: Parts of the plan.
        num_parts: With those of earlier corpora.
        count: Groups of the shuffle.
        first: Of the pass.
        last: Of the pass.
    """

    def __init__(
        self,
        output: str,
        step: Step,
        num_words: int,
        num_own: int,
        num_parts: int,
        count: int,
        first: int,
        last: int,
    ) -> None:
        super().__init__(label=step.name)
        self._num_parts = num_parts
        self._read = _ReadBuckets(output, num_words, count, first, last)
        self._pair = _PairBuckets(num_words, num_own, num_parts)
        self._write = _WriteRegion(output, step, num_parts)

    def begin(self, root: beam.Pipeline) -> None:
        """Make it a pipeline of its own."""
        root | self

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[int]:
        """Beam's hook."""
        pairs = (
            root
            | "Number" >> beam.Create(range(self._num_parts), reshuffle=False)
            | "Spread" >> beam.Reshuffle().with_output_types(int)
            | "ReadBuckets" >> beam.ParDo(self._read).with_output_types(Packed)
            | "GroupByKey" >> beam.GroupByKey()
            | "PairBuckets" >> beam.ParDo(self._pair).with_output_types(Packed)
        )
        # A region without any must leave a file too: an absent one means work to be done.
        nothing = (
            root
            | "EveryRegion" >> beam.Create(range(num_regions(self._num_parts) + 1), reshuffle=False)
            | "Nothing" >> beam.Map(_nothing).with_output_types(Packed)
        )
        return (
            (pairs, nothing)
            | "WithEveryRegion" >> beam.Flatten()
            | "GroupByRegion" >> beam.GroupByKey()
            | "WriteRegion" >> beam.ParDo(self._write).with_output_types(int)
        )


def _nothing(number: int) -> Packed:
    return number, b""
