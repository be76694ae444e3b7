"""The first shuffle of deduplication as a Beam transform: by digest of text or URL.

It is made in passes by range of digests, as many as memory asks for, see
`haybale.pipeline.jobs.exact_passes`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from haybale.corpus.digests import id_words, mix64
from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.exact import find_exact
from haybale.pipeline.dedup.keys import key_of
from haybale.pipeline.dedup.rows import EXACT, EXACT_REMOVED, Rows, addresses, part_of, row_of
from haybale.pipeline.kept.signed_parts import SignedParts
from haybale.pipeline.rows.row_order import take_sorted
from haybale.pipeline.rows.tables import read_rows, write_rows
from haybale.pipeline.shuffle import by_number, partition, unpack
from haybale.pipeline.units.failures import reported
from haybale.pipeline.units.steps import Step, UnitResult, do_unit

Packed = tuple[int, bytes]


def exact_step(key: str) -> str:
    """Name of the step that finds duplicates by this key."""
    return f"deduplicate/exact-{key.replace('/', '.')}"


def exact_removed(folder: Folder, key: str, part: int) -> Rows:
    """A part's duplicates by this key: EXACT_REMOVED, sorted by address."""
    return np.asarray(read_rows(folder, _path(key, part)))


def candidate_rows(
    folder: Folder, parts: SignedParts, number: int, keys: tuple[str, ...]
) -> npt.NDArray[np.bool_]:
    """bool[rows]: who of a part is present, and is no duplicate by one of these keys."""
    chosen = parts.present(number)
    for key in keys if number < parts.num_own else ():
        chosen[row_of(exact_removed(folder, key, number)["address"])] = False
    return chosen


def _path(key: str, part: int) -> str:
    return twins_path(exact_step(key), part)


def twins_path(step: str, number: int) -> str:
    """Where a step leaves a file of EXACT_REMOVED, sorted by address."""
    return f"run/{step}/{number:05d}.npy"


@dataclass(frozen=True)
class Twins:
    """What documents have in common, and which of them are looked at.

    Attributes:
        key: What twins have in common.
        before: Keys by which duplicates were found before; these documents are gone.
        first: The smallest first word of a digest ...
        last: ... and the greatest, both included.
    """

    key: str
    before: tuple[str, ...]
    first: int = 0
    last: int = (1 << 64) - 1


class _ReadDigests(beam.DoFn):  # type: ignore[misc]
    """Part to packed EXACT rows, by digest, of documents that are still there."""

    def __init__(self, output: str, count: int, twins: Twins) -> None:
        self._folder, self._count, self._twins = Folder(output), count, twins
        self._parts: SignedParts | None = None

    def setup(self) -> None:
        """Read the plan."""
        self._parts = SignedParts(self._folder)

    def process(self, number: int) -> Iterator[Packed]:
        assert self._parts is not None
        twins = self._twins
        column = key_of(twins.key).column
        batch = self._parts.read(number, ["scope", column])
        digests = batch.column(column)
        words = id_words(pc.fill_null(digests, bytes(16)))
        # A scope's duplicates share its mixed digests, and nobody else's do.
        scope = batch.column("scope").to_numpy()
        words[:, 0] ^= np.where(scope > 0, mix64(scope), np.uint64(0))
        chosen = candidate_rows(self._folder, self._parts, number, twins.before)
        chosen &= digests.is_valid().to_numpy(zero_copy_only=False)
        chosen &= (words[:, 0] >= np.uint64(twins.first)) & (words[:, 0] <= np.uint64(twins.last))
        ids, ranks = self._parts.ids_and_ranks(number)
        rows = np.empty(int(chosen.sum()), EXACT)
        rows["digest"], rows["id"], rows["rank"] = words[chosen], ids[chosen], ranks[chosen]
        rows["address"] = addresses(number, batch.num_rows)[chosen]
        # All digests of a pass begin alike; mixed, they fall into any group.
        yield from partition(mix64(rows["digest"][:, 0]), rows, self._count)


class _FindTwins(beam.DoFn):  # type: ignore[misc]
    """Packed EXACT rows of one group of digests to packed EXACT_REMOVED rows, by run of parts."""

    def __init__(self, num_parts: int, num_files: int) -> None:
        self._num_parts, self._num_files = num_parts, num_files

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[Packed]:
        removed = find_exact(unpack(group[1], EXACT))
        # What earlier corpora hold twice is none of this build's business.
        removed = removed[part_of(removed["address"]) < self._num_parts]
        places = part_of(removed["address"]) * self._num_files // self._num_parts
        yield from by_number(places, removed)


class _WriteTwins(beam.DoFn):  # type: ignore[misc]
    """The EXACT_REMOVED rows of a run of parts to its file."""

    def __init__(self, output: str, step: Step) -> None:
        self._folder, self._step = Folder(output), step

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[int]:
        number, blocks = group

        def work() -> UnitResult:
            path = twins_path(self._step.name, number)
            return write_twins(self._folder, path, unpack(blocks, EXACT_REMOVED))

        with reported(self._folder):
            do_unit(self._folder, self._step, f"{number:05d}", work)
        yield number


def write_twins(folder: Folder, path: str, rows: Rows) -> UnitResult:
    """Leave EXACT_REMOVED rows, sorted by address."""
    record = write_rows(folder, path, take_sorted(rows, [rows["address"]]))
    return UnitResult(files=(record,), facts={"removed": len(rows)})


class FindExact(beam.PTransform):  # type: ignore[misc]
    """Leave for each run of parts who has an earlier twin, and which.

    Args:
        output: The corpus folder.
        step: What is being done.
        num_parts: Of the plan.
        num_signed_parts: With those of earlier corpora.
        num_files: Runs of parts, of about the same length; at most one for each part.
        count: Groups of the shuffle.
        twins: What is looked for.
    """

    def __init__(
        self,
        output: str,
        step: Step,
        num_parts: int,
        num_signed_parts: int,
        num_files: int,
        count: int,
        twins: Twins,
    ) -> None:
        super().__init__(label=step.name)
        self._num_signed_parts, self._num_files = num_signed_parts, num_files
        self._read = _ReadDigests(output, count, twins)
        self._find = _FindTwins(num_parts, num_files)
        self._write = _WriteTwins(output, step)

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[int]:
        """Beam's hook."""
        removed = (
            root
            | "Number" >> beam.Create(range(self._num_signed_parts), reshuffle=False)
            | "Spread" >> beam.Reshuffle().with_output_types(int)
            | "ReadDigests" >> beam.ParDo(self._read).with_output_types(Packed)
            | "GroupByDigest" >> beam.GroupByKey()
            | "FindTwins" >> beam.ParDo(self._find).with_output_types(Packed)
        )
        # A run without any must leave a file too: an absent one means work to be done.
        nothing = (
            root
            | "EveryRun" >> beam.Create(range(self._num_files), reshuffle=False)
            | "Nothing" >> beam.Map(_nothing).with_output_types(Packed)
        )
        return (
            (removed, nothing)
            | "WithEveryRun" >> beam.Flatten()
            | "GroupByRun" >> beam.GroupByKey()
            | "WriteTwins" >> beam.ParDo(self._write).with_output_types(int)
        )


def _nothing(number: int) -> Packed:
    return number, b""
