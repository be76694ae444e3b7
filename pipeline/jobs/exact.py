"""The first shuffle of deduplication as a Beam transform: by digest of text or URL."""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from haybale.corpus.digests import id_words, mix64
from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.exact import find_exact
from haybale.pipeline.dedup.rows import EXACT, EXACT_REMOVED, Rows, addresses, part_of, row_of
from haybale.pipeline.dedup.settings import ExactKey
from haybale.pipeline.kept.signatures import EXACT_COLUMNS
from haybale.pipeline.kept.signed_parts import SignedParts
from haybale.pipeline.rows.tables import read_rows, write_rows
from haybale.pipeline.shuffle import by_number, partition, unpack
from haybale.pipeline.units.failures import reported
from haybale.pipeline.units.steps import Step, UnitResult, do_unit

Packed = tuple[int, bytes]


def exact_step(key: ExactKey) -> str:
    """Name of the step that finds duplicates by this key."""
    return f"deduplicate/exact-{key}"


def exact_removed(folder: Folder, key: ExactKey, part: int) -> Rows:
    """A part's duplicates by this key: EXACT_REMOVED, sorted by address."""
    return np.asarray(read_rows(folder, _path(key, part)))


def candidate_rows(
    folder: Folder, parts: SignedParts, number: int, keys: tuple[ExactKey, ...]
) -> npt.NDArray[np.bool_]:
    """bool[rows]: who of a part is present, and is no duplicate by one of these keys."""
    chosen = parts.present(number)
    for key in keys if number < parts.num_own else ():
        chosen[row_of(exact_removed(folder, key, number)["address"])] = False
    return chosen


def _path(key: ExactKey, part: int) -> str:
    return f"run/{exact_step(key)}/{part:05d}.npy"


class _ReadDigests(beam.DoFn):  # type: ignore[misc]
    """Part to packed EXACT rows, by digest, of documents that are still there."""

    def __init__(
        self, output: str, count: int, key: ExactKey, before: tuple[ExactKey, ...]
    ) -> None:
        self._folder, self._count, self._key, self._before = Folder(output), count, key, before
        self._parts: SignedParts | None = None

    def setup(self) -> None:
        """Read the plan."""
        self._parts = SignedParts(self._folder)

    def process(self, number: int) -> Iterator[Packed]:
        assert self._parts is not None
        column = EXACT_COLUMNS[self._key]
        batch = self._parts.read(number, ["scope", column])
        rows = np.empty(batch.num_rows, EXACT)
        digests = batch.column(column)
        rows["digest"] = id_words(pc.fill_null(digests, bytes(16)))
        # A scope's duplicates share its mixed digests, and nobody else's do.
        scope = batch.column("scope").to_numpy()
        rows["digest"][:, 0] ^= np.where(scope > 0, mix64(scope), np.uint64(0))
        rows["id"], rows["rank"] = self._parts.ids_and_ranks(number)
        rows["address"] = addresses(number, batch.num_rows)
        chosen = candidate_rows(self._folder, self._parts, number, self._before)
        rows = rows[chosen & digests.is_valid().to_numpy(zero_copy_only=False)]
        yield from partition(rows["digest"][:, 0], rows, self._count)


class _FindTwins(beam.DoFn):  # type: ignore[misc]
    """Packed EXACT rows of one range of digests to packed EXACT_REMOVED rows, by part."""

    def __init__(self, num_parts: int) -> None:
        self._num_parts = num_parts

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[Packed]:
        removed = find_exact(unpack(group[1], EXACT))
        # What earlier corpora hold twice is none of this build's business.
        removed = removed[part_of(removed["address"]) < self._num_parts]
        yield from by_number(part_of(removed["address"]), removed)


class _WriteTwins(beam.DoFn):  # type: ignore[misc]
    """A part's EXACT_REMOVED rows to its file."""

    def __init__(self, output: str, step: Step, key: ExactKey) -> None:
        self._folder, self._step, self._key = Folder(output), step, key

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[int]:
        part, blocks = group

        def work() -> UnitResult:
            rows = np.sort(unpack(blocks, EXACT_REMOVED), order="address")
            record = write_rows(self._folder, _path(self._key, part), rows)
            return UnitResult(files=(record,), facts={"removed": len(rows)})

        with reported(self._folder):
            do_unit(self._folder, self._step, f"{part:05d}", work)
        yield part


class FindExact(beam.PTransform):  # type: ignore[misc]
    """Leave for each part who has an earlier twin, and which.

    Args:
        output: The corpus folder.
        step: What is being done.
        num_parts: Of the plan.
        num_signed_parts: With those of earlier corpora.
        count: Groups of the shuffle.
        key: What twins have in common.
        before: Keys by which duplicates were found before; these documents are gone.
    """

    def __init__(
        self,
        output: str,
        step: Step,
        num_parts: int,
        num_signed_parts: int,
        count: int,
        key: ExactKey,
        before: tuple[ExactKey, ...],
    ) -> None:
        super().__init__(label=step.name)
        self._num_parts, self._num_signed_parts = num_parts, num_signed_parts
        self._read = _ReadDigests(output, count, key, before)
        self._write = _WriteTwins(output, step, key)

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[int]:
        """Beam's hook."""
        parts = range(self._num_parts)
        removed = (
            root
            | "Number" >> beam.Create(range(self._num_signed_parts), reshuffle=False)
            | "Spread" >> beam.Reshuffle().with_output_types(int)
            | "ReadDigests" >> beam.ParDo(self._read).with_output_types(Packed)
            | "GroupByDigest" >> beam.GroupByKey()
            | "FindTwins" >> beam.ParDo(_FindTwins(self._num_parts)).with_output_types(Packed)
        )
        # A part without any must leave a file too: an absent one means work to be done.
        nothing = (
            root
            | "EveryPart" >> beam.Create(parts, reshuffle=False)
            | "Nothing" >> beam.Map(_nothing).with_output_types(Packed)
        )
        return (
            (removed, nothing)
            | "WithEveryPart" >> beam.Flatten()
            | "GroupByPart" >> beam.GroupByKey()
            | "WriteTwins" >> beam.ParDo(self._write).with_output_types(int)
        )


def _nothing(number: int) -> Packed:
    return number, b""
