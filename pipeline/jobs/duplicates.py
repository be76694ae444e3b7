"""The two shuffles of deduplication as Beam transforms: by digest, and by band."""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import numpy as np

from haybale.corpus.digests import id_words
from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.band_keys import band_keys
from haybale.pipeline.dedup.candidates import bucket_pairs, distinct_pairs
from haybale.pipeline.dedup.exact import find_exact
from haybale.pipeline.dedup.rows import (
    BAND,
    EXACT,
    EXACT_REMOVED,
    addresses,
    part_of,
    ranks,
    row_of,
)
from haybale.pipeline.plan import Part
from haybale.pipeline.selected import selected_rows
from haybale.pipeline.shuffle import by_number, partition, unpack
from haybale.pipeline.steps import Step, UnitResult, do_unit, reported
from haybale.pipeline.tables import read_batches, read_rows, read_table, write_rows
from haybale.pipeline.workspace import load_workspace

Packed = tuple[int, bytes]


def exact_path(part: int) -> str:
    """Where a part's exact duplicates are left: EXACT_REMOVED, sorted by address."""
    return f"run/deduplicate/exact/{part:05d}.npy"


class _PartReader(beam.DoFn):  # type: ignore[misc]
    """Base of what turns a part's number into packed rows."""

    def __init__(self, output: str) -> None:
        self._folder = Folder(output)
        self._parts: tuple[Part, ...] = ()

    def setup(self) -> None:
        """Read the plan."""
        _, self._parts = load_workspace(self._folder)

    def signatures(self, part: int) -> str:
        """The part's signatures."""
        return f"signatures/{self._parts[part].name}.arrow"


class _ReadDigests(_PartReader):
    """Part to packed EXACT rows, by digest, of documents that are good enough."""

    def __init__(self, output: str, count: int, keep: str) -> None:
        super().__init__(output)
        self._count, self._keep = count, keep

    def process(self, part: int) -> Iterator[Packed]:
        columns = ["doc_id", "digest", "text_bytes"]
        table = read_table(self._folder, self.signatures(part), columns).combine_chunks()
        if table.num_rows == 0:
            return
        (batch,) = table.to_batches()
        rows = np.empty(batch.num_rows, EXACT)
        rows["digest"] = id_words(batch.column("digest"))
        rows["rank"] = ranks(self._keep, batch.column("text_bytes").to_numpy())
        rows["id"] = id_words(batch.column("doc_id"))
        rows["address"] = addresses(part, batch.num_rows)
        rows = rows[selected_rows(self._folder, self._parts[part].name, batch.num_rows)]
        yield from partition(rows["digest"][:, 0], rows, self._count)


class _FindTwins(beam.DoFn):  # type: ignore[misc]
    """Packed EXACT rows of one range of digests to packed EXACT_REMOVED rows, by part."""

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[Packed]:
        removed = find_exact(unpack(group[1], EXACT))
        yield from by_number(part_of(removed["address"]), removed)


class _WriteTwins(beam.DoFn):  # type: ignore[misc]
    """A part's EXACT_REMOVED rows to its file."""

    def __init__(self, output: str, step: Step) -> None:
        self._folder, self._step = Folder(output), step

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[int]:
        part, blocks = group

        def work() -> UnitResult:
            rows = np.sort(unpack(blocks, EXACT_REMOVED), order="address")
            record = write_rows(self._folder, exact_path(part), rows)
            return UnitResult(files=(record,), facts={"removed": len(rows)})

        with reported(self._folder):
            do_unit(self._folder, self._step, f"{part:05d}", work)
        yield part


class FindExact(beam.PTransform):  # type: ignore[misc]
    """Leave for each part who has an earlier twin of equal text, and which."""

    def __init__(self, output: str, step: Step, num_parts: int, count: int, keep: str) -> None:
        super().__init__(label=step.name)
        self._output, self._step, self._num_parts = output, step, num_parts
        self._read = _ReadDigests(output, count, keep)

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[int]:
        """Beam's hook."""
        parts = range(self._num_parts)
        removed = (
            root
            | "Number" >> beam.Create(parts)
            | "Spread" >> beam.Reshuffle().with_output_types(int)
            | "ReadDigests" >> beam.ParDo(self._read).with_output_types(Packed)
            | "GroupByDigest" >> beam.GroupByKey()
            | "FindTwins" >> beam.ParDo(_FindTwins()).with_output_types(Packed)
        )
        # A part without any must leave a file too: an absent one means work to be done.
        nothing = (
            root
            | "EveryPart" >> beam.Create(parts)
            | "Nothing" >> beam.Map(_nothing).with_output_types(Packed)
        )
        return (
            (removed, nothing)
            | "WithEveryPart" >> beam.Flatten()
            | "GroupByPart" >> beam.GroupByKey()
            | "WriteTwins"
            >> beam.ParDo(_WriteTwins(self._output, self._step)).with_output_types(int)
        )


def _nothing(part: int) -> Packed:
    return part, b""


class _ReadBands(_PartReader):
    """Part to packed BAND rows, by key, of texts with words that were not removed before."""

    def __init__(self, output: str, count: int, bands: tuple[int, ...], rows: int) -> None:
        super().__init__(output)
        self._count, self._bands, self._rows = count, bands, rows

    def process(self, part: int) -> Iterator[Packed]:
        gone = row_of(np.asarray(read_rows(self._folder, exact_path(part)))["address"])
        num_rows = read_table(self._folder, self.signatures(part), ["doc_id"]).num_rows
        chosen = selected_rows(self._folder, self._parts[part].name, num_rows)
        chosen[gone] = False
        first = 0
        columns = ["doc_id", "num_shingles", "minhash"]
        for batch in read_batches(self._folder, self.signatures(part), columns):
            rows = np.arange(first, first + batch.num_rows)
            first += batch.num_rows
            wanted = (batch.column("num_shingles").to_numpy() > 0) & chosen[rows]
            minhash = batch.column("minhash")
            signatures = minhash.flatten().to_numpy().reshape(len(rows), -1)[wanted]
            out = np.empty(int(wanted.sum()), BAND)
            out["id"] = id_words(batch.column("doc_id"))[wanted, 0]
            out["address"] = addresses(part, first)[rows[wanted]]
            for band in self._bands:
                out["key"] = band_keys(signatures, band, self._rows)
                yield from partition(out["key"], out, self._count)


class _PairBuckets(beam.DoFn):  # type: ignore[misc]
    """Packed BAND rows of one range of keys to the pairs in its buckets, in a file."""

    def __init__(self, output: str, step: Step) -> None:
        self._folder, self._step = Folder(output), step

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[int]:
        number, blocks = group

        def work() -> UnitResult:
            pairs, num_limited = bucket_pairs(unpack(blocks, BAND))
            path = f"run/{self._step.name}/{number:05d}.npy"
            record = write_rows(self._folder, path, distinct_pairs(pairs))
            return UnitResult(files=(record,), facts={"limited_buckets": num_limited})

        with reported(self._folder):
            do_unit(self._folder, self._step, f"{number:05d}", work)
        yield number


class FindCandidates(beam.PTransform):  # type: ignore[misc]
    """Leave pairs of documents that share one of these bands."""

    def __init__(
        self,
        output: str,
        step: Step,
        num_parts: int,
        count: int,
        bands: tuple[int, ...],
        rows: int,
    ) -> None:
        super().__init__(label=step.name)
        self._num_parts = num_parts
        self._read = _ReadBands(output, count, bands, rows)
        self._pair = _PairBuckets(output, step)

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[int]:
        """Beam's hook."""
        return (
            root
            | "Number" >> beam.Create(range(self._num_parts))
            | "Spread" >> beam.Reshuffle().with_output_types(int)
            | "ReadBands" >> beam.ParDo(self._read).with_output_types(Packed)
            | "GroupByKey" >> beam.GroupByKey()
            | "PairBuckets" >> beam.ParDo(self._pair).with_output_types(int)
        )
