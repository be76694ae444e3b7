"""Verification: blocks of candidates meet, each document with its shingles, and pairs are compared.

A group is where two blocks meet, or one with itself: it holds two blocks at most. Its pairs are
looked up by its number, so that nobody holds those of others.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
from apache_beam.pvalue import AsList, AsMultiMap

from haybale.pipeline.dedup.rows import VERIFIED, Rows
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.dedup.verify import estimated_jaccard, jaccard
from haybale.pipeline.shuffle import by_number, unpack
from haybale.pipeline.transforms.deduplication.blocks import MAX_BLOCKS, AssignBlocks
from haybale.pipeline.transforms.deduplication.id_rows import (
    COMPARED,
    HOMED,
    PAIRED,
    WANTED,
    Packed,
    SideRows,
    words_of,
)
from haybale.pipeline.transforms.deduplication.sending import SendSets, SendSignatures


class _RoutePairs(beam.DoFn):  # type: ignore[misc]
    """Packed PAIRED rows to the same, by group: the two blocks that meet there."""

    def setup(self) -> None:
        """Nothing is known yet of blocks."""
        self._homes = SideRows(HOMED, "block")

    def process(self, block: bytes, homes: Sequence[bytes]) -> Iterator[Packed]:
        """Route one block of pairs."""
        self._homes.take_in(homes)
        pairs = np.frombuffer(block, PAIRED)
        one, other = (self._homes.columns["block"][self._homes.find(pairs[end])[0]] for end in "ab")
        groups = np.minimum(one, other) * MAX_BLOCKS + np.maximum(one, other)
        yield from by_number(groups, pairs)


def _wanted_in(group: tuple[int, Iterable[bytes]]) -> bytes:
    """The pairs of a group to packed WANTED rows: whom it needs."""
    pairs = unpack(group[1], PAIRED)
    ids = np.unique(np.concatenate([pairs["a"], pairs["b"]]))
    rows = np.empty(len(ids), WANTED)
    rows["id"], rows["group"] = ids, group[0]
    return rows.tobytes()


class _ComparePairs(beam.DoFn):  # type: ignore[misc]
    """The sets of one group to packed VERIFIED rows of its pairs above the threshold.

    Addresses are left at zero: who survives is decided elsewhere, by ids.
    """

    def __init__(self, threshold: Fraction, *, estimate: bool) -> None:
        self._threshold, self._estimate = threshold, estimate

    def process(
        self, group: tuple[int, Iterable[bytes]], pairs: Mapping[int, Iterable[bytes]]
    ) -> Iterator[bytes]:
        """Compare the pairs of one group; those of others are not looked up."""
        wanted = unpack(pairs[group[0]], PAIRED)
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
        documents: Batches of all of them.
        signatures: Of all documents; where similarities are estimated texts are not looked at.
        num_documents: One number.
    """

    def __init__(
        self,
        settings: DedupSettings,
        documents: beam.PCollection,
        signatures: beam.PCollection,
        num_documents: beam.PCollection,
    ) -> None:
        super().__init__()
        self._settings, self._documents, self._signatures = settings, documents, signatures
        self._num_documents = num_documents

    def expand(self, pairs: beam.PCollection) -> beam.PCollection[bytes]:
        """Beam's hook."""
        assert self._settings.scheme is not None
        estimate = self._settings.verify == "estimate"
        assign = AssignBlocks(self._settings, self._signatures, self._num_documents)
        homes = pairs | "AssignBlocks" >> assign
        routed = pairs | "Route" >> (
            beam.ParDo(_RoutePairs(), AsList(homes)).with_output_types(Packed)
        )
        wanted = (
            routed
            | "GroupPairs" >> beam.GroupByKey()
            | "Wanted" >> beam.Map(_wanted_in).with_output_types(bytes)
        )
        source = self._signatures if estimate else self._documents
        send = SendSignatures() if estimate else SendSets(self._settings)
        compare = _ComparePairs(self._settings.scheme.exact_threshold, estimate=estimate)
        # Not a union of pairs and sets: the local engine lets a union go only when all else that
        # reads the documents has, and what filters them waits for this.
        return (
            source
            | "Send" >> beam.ParDo(send, AsList(wanted)).with_output_types(Packed)
            | "GroupByBlocks" >> beam.GroupByKey()
            | "Compare" >> beam.ParDo(compare, AsMultiMap(routed)).with_output_types(bytes)
        )
