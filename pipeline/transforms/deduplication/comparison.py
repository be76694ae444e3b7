"""Verification: candidates meet in groups, each with its shingles, and pairs are compared there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from apache_beam.pvalue import AsDict, AsList

from haybale.corpus.arrow_files import id_bytes
from haybale.pipeline.dedup.rows import VERIFIED, Rows
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.dedup.shingles import shingle_sets
from haybale.pipeline.dedup.verify import estimated_jaccard, jaccard
from haybale.pipeline.shuffle import by_number
from haybale.pipeline.transforms.deduplication.id_rows import (
    COMPARED,
    PAIRED,
    WANTED,
    Packed,
    SideRows,
    ranks_of,
    words_of,
)
from haybale.pipeline.transforms.deduplication.signing import sign_documents

Int64s = npt.NDArray[np.int64]


def _wanted_in(group: Packed) -> bytes:
    """Packed PAIRED rows of a group to packed WANTED rows: whom it needs."""
    pairs = np.frombuffer(group[1], PAIRED)
    ids = np.unique(np.concatenate([pairs["a"], pairs["b"]]))
    rows = np.empty(len(ids), WANTED)
    rows["id"], rows["group"] = ids, group[0]
    return rows.tobytes()


class _SendSets(beam.DoFn):  # type: ignore[misc]
    """Documents to the sets of shingles of candidates, for each group that needs them."""

    def __init__(self, settings: DedupSettings) -> None:
        self._settings = settings
        # All that is signed again is what ranks follow from.
        self._ranking = DedupSettings(near=False, keep=settings.keep, priority=settings.priority)

    def setup(self) -> None:
        """Nothing is known yet of who is needed."""
        self._wanted = SideRows(WANTED)

    def process(self, batch: pa.RecordBatch, wanted: Sequence[bytes]) -> Iterator[Packed]:
        """Send what one batch has."""
        self._wanted.take_in(wanted)
        batch, groups = _candidates(batch, self._wanted)
        if batch.num_rows:
            scheme = self._settings.scheme
            assert scheme is not None
            signed = sign_documents(batch, self._ranking)
            yield from _sent(signed, shingle_sets(batch.column("text"), scheme.shingles), groups)


class _SendSignatures(beam.DoFn):  # type: ignore[misc]
    """Signatures to those of candidates, for each group that needs them."""

    def setup(self) -> None:
        """Nothing is known yet of who is needed."""
        self._wanted = SideRows(WANTED)

    def process(self, signed: pa.RecordBatch, wanted: Sequence[bytes]) -> Iterator[Packed]:
        """Send what one batch has."""
        self._wanted.take_in(wanted)
        signed, groups = _candidates(signed, self._wanted)
        if signed.num_rows:
            stored = signed.column("minhash").flatten().to_numpy()
            yield from _sent(signed, list(stored.reshape(signed.num_rows, -1)), groups)


def _candidates(batch: pa.RecordBatch, wanted: SideRows) -> tuple[pa.RecordBatch, list[Int64s]]:
    """The documents of a batch that some group needs, and which groups do."""
    ids = id_bytes(batch.column("doc_id"))
    starts, stops = (np.searchsorted(wanted.ids, ids, side) for side in ("left", "right"))
    chosen = np.flatnonzero(stops > starts)
    groups = [wanted.rows["group"][starts[at] : stops[at]] for at in chosen]
    return batch.take(pa.array(chosen)), groups


def _sent(
    signed: pa.RecordBatch, sets: list[npt.NDArray[Any]], groups: list[Int64s]
) -> Iterator[Packed]:
    """For each group one block: how many documents, COMPARED rows, then the sets end to end."""
    rows = np.empty(signed.num_rows, COMPARED)
    rows["id"], rows["rank"] = id_bytes(signed.column("doc_id")), ranks_of(signed)
    rows["length"] = [len(each) for each in sets]
    number = np.repeat(np.arange(len(groups)), [len(each) for each in groups])
    for group, packed in by_number(np.concatenate(groups), number.view("V8")):
        chosen = np.frombuffer(packed, np.int64)
        values = b"".join(sets[at].tobytes() for at in chosen)
        count = len(chosen).to_bytes(8, "little")
        yield group, count + rows.take(chosen).tobytes() + values


class _ComparePairs(beam.DoFn):  # type: ignore[misc]
    """The sets of one group to packed VERIFIED rows of its pairs above the threshold.

    Addresses are left at zero: who survives is decided elsewhere, by ids.
    """

    def __init__(self, threshold: Fraction, *, estimate: bool) -> None:
        self._threshold, self._estimate = threshold, estimate

    def process(
        self, group: tuple[int, Iterable[bytes]], pairs: Mapping[int, bytes]
    ) -> Iterator[bytes]:
        """Compare the pairs of one group."""
        wanted = np.frombuffer(pairs[group[0]], PAIRED)
        documents, sets = self._unpack(group[1])
        # Of documents that share an id one stands for all.
        ids, first = np.unique(documents["id"], return_index=True)
        documents, sets = documents[first], [sets[at] for at in first]
        left, right = (np.searchsorted(ids, wanted[end]) for end in "ab")
        if self._estimate:
            shared, united = estimated_jaccard(np.stack(sets), left, right)
        else:
            shared, united = jaccard(sets, left, right)
        # By integers, as it was written: 0.8 is 4 / 5.
        above = shared * self._threshold.denominator > united * self._threshold.numerator
        verified = np.zeros(int(above.sum()), VERIFIED)
        for end, at in (("a", left), ("b", right)):
            chosen = documents[at[above]]
            verified[f"{end}_id"] = words_of(chosen["id"])
            verified[f"{end}_rank"] = chosen["rank"]
        verified["shared"], verified["united"] = shared[above], united[above]
        if len(verified):
            yield verified.tobytes()

    def _unpack(self, blocks: Iterable[bytes]) -> tuple[Rows, list[npt.NDArray[Any]]]:
        documents = [np.empty(0, COMPARED)]
        sets: list[npt.NDArray[Any]] = []
        value_type = np.uint32 if self._estimate else np.uint64
        for block in blocks:
            count = int.from_bytes(block[:8], "little")
            rows = np.frombuffer(block, COMPARED, count, 8)
            values = np.frombuffer(block, value_type, offset=8 + rows.nbytes)
            documents.append(rows)
            sets += np.split(values, np.cumsum(rows["length"])[:-1])
        return np.concatenate(documents), sets


class ComparePairs(beam.PTransform):  # type: ignore[misc]
    """Packed PAIRED rows to packed VERIFIED rows of those above the threshold.

    Args:
        settings: How they are compared.
        source: Batches of documents, or of signatures where similarities are estimated.
    """

    def __init__(self, settings: DedupSettings, source: beam.PCollection) -> None:
        super().__init__()
        self._settings, self._source = settings, source

    def expand(self, pairs: beam.PCollection) -> beam.PCollection[bytes]:
        """Beam's hook."""
        assert self._settings.scheme is not None
        estimate = self._settings.verify == "estimate"
        wanted = pairs | "Wanted" >> beam.Map(_wanted_in).with_output_types(bytes)
        send = _SendSignatures() if estimate else _SendSets(self._settings)
        compare = _ComparePairs(self._settings.scheme.exact_threshold, estimate=estimate)
        return (
            self._source
            | "Send" >> beam.ParDo(send, AsList(wanted)).with_output_types(Packed)
            | "GroupByPair" >> beam.GroupByKey()
            | "Compare" >> beam.ParDo(compare, AsDict(pairs)).with_output_types(bytes)
        )
