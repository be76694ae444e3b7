"""Candidates: documents that share a band of their signatures."""

from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.metrics import Metrics
from apache_beam.pvalue import AsList, AsSingleton

from haybale.corpus.arrow_files import id_bytes
from haybale.corpus.digests import UInt64s, mix64
from haybale.pipeline.dedup.band_keys import band_keys
from haybale.pipeline.dedup.candidates import bucket_pairs
from haybale.pipeline.dedup.policy import hub_order
from haybale.pipeline.dedup.presets import MinHashScheme
from haybale.pipeline.dedup.rows import band_type, hash_ids
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.rows.row_order import row_order
from haybale.pipeline.shuffle import num_partitions, partition, run_starts, unpack
from haybale.pipeline.transforms.deduplication.id_rows import (
    GONE,
    PAIRED,
    Packed,
    SideRows,
    bucketed_type,
    ranks_of,
    words_of,
)


class _ReadBuckets(beam.DoFn):  # type: ignore[misc]
    """Signatures to packed BUCKETED rows of all bands, by key, of documents that did not go."""

    def __init__(self, scheme: MinHashScheme, settings: DedupSettings) -> None:
        self._scheme, self._keep = scheme, settings.keep
        self._num_words = settings.hub_words

    def setup(self) -> None:
        """Nothing is known yet of who went."""
        self._gone = SideRows(GONE)

    def process(
        self, signed: pa.RecordBatch, num_documents: int, gone: Sequence[bytes]
    ) -> Iterator[Packed]:
        """Read one batch."""
        self._gone.take_in(gone)
        ids, order = id_bytes(signed.column("doc_id")), ranks_of(signed)
        chosen = (signed.column("num_shingles").to_numpy() > 0) & ~self._gone.has(ids)
        num_bands, row_type = self._scheme.num_bands, bucketed_type(self._num_words)
        rows = np.empty((num_bands, int(chosen.sum())), row_type)
        rows["id"] = ids[chosen]
        words = words_of(ids[chosen])
        rows["order"] = hub_order(order[chosen], words, self._keep, self._num_words)
        scope = signed.column("scope").to_numpy()[chosen]
        for band, keys in enumerate(self._keys(signed)):
            # Buckets of different scopes have nothing to do with each other.
            rows["key"][band] = np.where(scope > 0, mix64(keys[chosen] ^ scope), keys[chosen])
        count = num_partitions(num_documents * num_bands, row_type)
        hashes = np.ascontiguousarray(rows["key"]).reshape(-1)
        yield from partition(hashes, rows.reshape(-1), count)

    def _keys(self, signed: pa.RecordBatch) -> Iterator[UInt64s]:
        """Of each band, uint64[documents]."""
        stored = signed.column("minhash" if self._scheme.stores_values else "bands")
        values = stored.flatten().to_numpy().reshape(signed.num_rows, -1)
        for band in range(self._scheme.num_bands):
            whole = self._scheme.stores_values
            yield band_keys(values, band, self._scheme.band_rows) if whole else values[:, band]


class _PairBuckets(beam.DoFn):  # type: ignore[misc]
    """Packed BUCKETED rows of one range of keys to packed PAIRED rows, by hash of the pair."""

    def __init__(self, scheme: MinHashScheme, settings: DedupSettings) -> None:
        self._num_bands, self._num_words = scheme.num_bands, settings.hub_words

    def process(
        self, bucket_group: tuple[int, Iterable[bytes]], num_documents: int
    ) -> Iterator[Packed]:
        """Pair the documents of one range of buckets."""
        found = unpack(bucket_group[1], bucketed_type(self._num_words))
        ids, number = np.unique(found["id"], return_inverse=True)
        # Of documents that share an id one stands for all.
        order = row_order([found["key"], number])
        order = order[run_starts(found["key"][order], number[order])]
        rows = np.empty(len(order), band_type(self._num_words))
        rows["key"], rows["order"] = found["key"][order], found["order"][order]
        rows["address"] = number[order]
        pairs, num_limited = bucket_pairs(rows)
        Metrics.counter("haybale", "duplicates/limited_buckets").inc(num_limited)
        named = np.empty(len(pairs), PAIRED)
        named["a"], named["b"] = ids[pairs["a"]], ids[pairs["b"]]
        # Both ends decide, so that a hub's pairs do not all meet.
        hashes = mix64(hash_ids(words_of(named["a"])) ^ hash_ids(words_of(named["b"])))
        yield from partition(hashes, named, num_partitions(num_documents * self._num_bands, PAIRED))


class _DistinctPairs(beam.DoFn):  # type: ignore[misc]
    """Packed PAIRED rows of one group, found in whatever bands, to the same, each once."""

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[bytes]:
        """Look at one group."""
        joined = np.frombuffer(b"".join(group[1]), f"S{PAIRED.itemsize}")
        if len(joined):
            yield np.unique(joined).tobytes()


class FindPairs(beam.PTransform):  # type: ignore[misc]
    """Signatures to packed PAIRED rows, each pair once.

    Args:
        settings: How signatures are cut into bands, and whom the policy prefers.
        num_documents: One number.
        gone: Packed GONE rows of exact duplicates.
    """

    def __init__(
        self,
        settings: DedupSettings,
        num_documents: beam.PCollection,
        gone: beam.PCollection,
    ) -> None:
        super().__init__()
        self._settings, self._num_documents, self._gone = settings, num_documents, gone

    def expand(self, signatures: beam.PCollection) -> beam.PCollection[bytes]:
        """Beam's hook."""
        settings, scheme, count = self._settings, self._settings.scheme, self._num_documents
        assert scheme is not None
        read = beam.ParDo(_ReadBuckets(scheme, settings), AsSingleton(count), AsList(self._gone))
        pair = beam.ParDo(_PairBuckets(scheme, settings), AsSingleton(count))
        return (
            signatures
            | "Read" >> read.with_output_types(Packed)
            | "GroupByBucket" >> beam.GroupByKey()
            | "Pair" >> pair.with_output_types(Packed)
            | "GroupByPair" >> beam.GroupByKey()
            | "Distinct" >> beam.ParDo(_DistinctPairs()).with_output_types(bytes)
        )
