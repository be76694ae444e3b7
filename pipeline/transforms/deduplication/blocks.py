"""Blocks: candidates divided so that two blocks of them fit into memory.

Documents that share buckets should share a block, so that each is sent to few of the groups in
which blocks meet: they are sorted by label, the smallest id among a document and those that it is
paired with, and cut into blocks of BLOCK_BYTES.
"""

from collections.abc import Iterable, Iterator, Mapping

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import AsMultiMap, AsSingleton

from haybale.corpus.arrow_files import id_bytes
from haybale.pipeline.dedup.rows import Rows, hash_ids
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.dedup.verify import cut_blocks
from haybale.pipeline.rows.row_order import row_order
from haybale.pipeline.shuffle import PARTITION_BYTES, num_partitions, partition, run_starts, unpack
from haybale.pipeline.transforms.deduplication.id_rows import (
    HOMED,
    LABELLED,
    NEAREST,
    PAIRED,
    Packed,
    words_of,
)

BLOCK_BYTES = PARTITION_BYTES // 2
"""A block holds about this many bytes of what its documents are compared by."""

_ROW_BYTES = 512  # of a document beside that: it is named in rows, and in those of its pairs
_RANGE_SHIFT = 16  # a block is numbered by the range of labels that it is of, and within it
MAX_BLOCKS = 1 << 31
"""Numbers of blocks are below this, so that two of them fit into one of 64 bits."""


class _ReadLabels(beam.DoFn):  # type: ignore[misc]
    """Packed PAIRED rows to packed NEAREST rows of both ends, by id."""

    def process(self, block: bytes, num_documents: int) -> Iterator[Packed]:
        """Read one block of pairs."""
        pairs = np.frombuffer(block, PAIRED)
        rows = np.empty(2 * len(pairs), NEAREST)
        rows["id"] = np.concatenate([pairs["a"], pairs["b"]])
        rows["label"] = np.concatenate([pairs["b"], pairs["a"]])
        yield from _by_id(_first_of_each(rows), num_documents)


class _ReadSizes(beam.DoFn):  # type: ignore[misc]
    """Signatures to packed LABELLED rows, by id: each document's own is its label so far."""

    def __init__(self, settings: DedupSettings) -> None:
        assert settings.scheme is not None
        self._estimated_bytes = (
            4 * settings.scheme.num_hashes if settings.verify == "estimate" else None
        )

    def process(self, signed: pa.RecordBatch, num_documents: int) -> Iterator[Packed]:
        """Read one batch."""
        rows = np.empty(signed.num_rows, LABELLED)
        rows["id"] = rows["label"] = id_bytes(signed.column("doc_id"))
        if self._estimated_bytes is None:
            rows["size"] = 8 * signed.column("num_shingles").to_numpy()
        else:
            rows["size"] = self._estimated_bytes
        rows["size"] += _ROW_BYTES
        yield from _by_id(rows, num_documents)


def _by_id(rows: Rows, num_documents: int) -> Iterator[Packed]:
    return partition(hash_ids(words_of(rows["id"])), rows, num_partitions(num_documents, LABELLED))


def _first_of_each(rows: Rows) -> Rows:
    """Of each id the row with the smallest label, sorted by id."""
    ids, labels = words_of(rows["id"]), words_of(rows["label"])
    order = row_order([*ids.T, *labels.T])
    return rows.take(order[run_starts(*ids[order].T)])


class _LabelCandidates(beam.DoFn):  # type: ignore[misc]
    """Packed NEAREST rows of one range of ids to packed LABELLED rows, by label."""

    def process(
        self,
        group: tuple[int, Iterable[bytes]],
        documents: Mapping[int, Iterable[bytes]],
        num_documents: int,
    ) -> Iterator[Packed]:
        """Look at one range of ids."""
        nearest = _first_of_each(unpack(group[1], NEAREST))
        known = _first_of_each(unpack(documents[group[0]], LABELLED))
        candidates = known.take(np.searchsorted(known["id"], nearest["id"]))
        closer = nearest["label"] < candidates["label"]
        candidates["label"][closer] = nearest["label"][closer]
        count = num_partitions(num_documents, LABELLED)
        yield from partition(hash_ids(words_of(candidates["label"])), candidates, count)


class _CutBlocks(beam.DoFn):  # type: ignore[misc]
    """Packed LABELLED rows of one range of labels to packed HOMED rows."""

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[bytes]:
        """Cut one range."""
        number, blocks = group
        rows = unpack(blocks, LABELLED)
        rows = rows.take(row_order([*words_of(rows["label"]).T, *words_of(rows["id"]).T]))
        homed = np.empty(len(rows), HOMED)
        homed["id"] = rows["id"]
        for place, block in enumerate(cut_blocks(rows["size"].astype(np.int64), BLOCK_BYTES)):
            homed["block"][block] = (number << _RANGE_SHIFT) + place
        assert len(homed) == 0 or homed["block"].max() < MAX_BLOCKS
        yield homed.tobytes()


class AssignBlocks(beam.PTransform):  # type: ignore[misc]
    """Packed PAIRED rows to packed HOMED rows of their documents.

    Args:
        settings: How documents are compared: what they take.
        signatures: Of all documents.
        num_documents: One number.
    """

    def __init__(
        self,
        settings: DedupSettings,
        signatures: beam.PCollection,
        num_documents: beam.PCollection,
    ) -> None:
        super().__init__()
        self._settings, self._signatures = settings, signatures
        self._num_documents = num_documents

    def expand(self, pairs: beam.PCollection) -> beam.PCollection[bytes]:
        """Beam's hook."""
        count = AsSingleton(self._num_documents)
        labels = pairs | "ReadLabels" >> (
            beam.ParDo(_ReadLabels(), count).with_output_types(Packed)
        )
        sizes = self._signatures | "ReadSizes" >> (
            beam.ParDo(_ReadSizes(self._settings), count).with_output_types(Packed)
        )
        label = beam.ParDo(_LabelCandidates(), AsMultiMap(sizes), count)
        return (
            labels
            | "GroupById" >> beam.GroupByKey()
            | "Label" >> label.with_output_types(Packed)
            | "GroupByLabel" >> beam.GroupByKey()
            | "Cut" >> beam.ParDo(_CutBlocks()).with_output_types(bytes)
        )
