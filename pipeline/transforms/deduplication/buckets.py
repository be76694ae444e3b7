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
from haybale.pipeline.dedup.policy import Criterion, hub_order
from haybale.pipeline.dedup.presets import MinHashScheme
from haybale.pipeline.dedup.rows import BAND
from haybale.pipeline.rows.row_order import row_order
from haybale.pipeline.shuffle import num_partitions, partition, run_starts, unpack
from haybale.pipeline.transforms.deduplication.id_rows import (
    BUCKETED,
    GONE,
    PAIRED,
    Ids,
    Packed,
    SideRows,
    hash_ids,
    ranks_of,
)


class _ReadBuckets(beam.DoFn):  # type: ignore[misc]
    """Signatures to packed BUCKETED rows of all bands, by key, of documents that did not go."""

    def __init__(self, scheme: MinHashScheme, keep: tuple[Criterion, ...]) -> None:
        self._scheme, self._keep = scheme, keep

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
        num_bands = self._scheme.num_bands
        rows = np.empty((num_bands, int(chosen.sum())), BUCKETED)
        rows["id"] = ids[chosen]
        rows["rank"], rows["rest"] = hub_order(order[chosen], self._keep)
        scope = signed.column("scope").to_numpy()[chosen]
        for band, keys in enumerate(self._keys(signed)):
            # Buckets of different scopes have nothing to do with each other.
            rows["key"][band] = np.where(scope > 0, mix64(keys[chosen] ^ scope), keys[chosen])
        count = num_partitions(num_documents * num_bands, BUCKETED)
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
    """Packed BUCKETED rows of one range of keys to packed PAIRED rows, by group.

    A group is where pairs are compared: so many that each holds about as much as one of a shuffle.
    """

    def process(
        self, bucket_group: tuple[int, Iterable[bytes]], num_groups: int
    ) -> Iterator[Packed]:
        """Pair the documents of one range of buckets."""
        found = unpack(bucket_group[1], BUCKETED)
        ids, number = np.unique(found["id"], return_inverse=True)
        # Of documents that share an id one stands for all.
        order = row_order([found["key"], number])
        order = order[run_starts(found["key"][order], number[order])]
        rows = np.empty(len(order), BAND)
        for name in ("key", "rank", "rest"):
            rows[name] = found[name][order]
        rows["address"] = number[order]
        pairs, num_limited = bucket_pairs(rows)
        Metrics.counter("haybale", "duplicates/limited_buckets").inc(num_limited)
        named = np.empty(len(pairs), PAIRED)
        named["a"], named["b"] = ids[pairs["a"]], ids[pairs["b"]]
        yield from partition(pair_hashes(named["a"], named["b"]), named, num_groups)


def pair_hashes(a: Ids, b: Ids) -> UInt64s:
    """By which a pair finds its group; both ends decide, so that a hub's pairs do not all meet."""
    return mix64(hash_ids(a) ^ hash_ids(b))


class _DistinctPairs(beam.DoFn):  # type: ignore[misc]
    """Packed PAIRED rows of one group, found in whatever bands, to the same, each once."""

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[Packed]:
        """Look at one group."""
        number, blocks = group
        joined = np.frombuffer(b"".join(blocks), f"S{PAIRED.itemsize}")
        yield number, np.unique(joined).tobytes()


class FindPairs(beam.PTransform):  # type: ignore[misc]
    """Signatures to packed PAIRED rows, each pair once, by the group that compares it.

    Args:
        scheme: How signatures are cut into bands.
        keep: Criteria of the policy.
        num_documents: One number.
        num_groups: One number.
        gone: Packed GONE rows of exact duplicates.
    """

    def __init__(
        self,
        scheme: MinHashScheme,
        keep: tuple[Criterion, ...],
        num_documents: beam.PCollection,
        num_groups: beam.PCollection,
        gone: beam.PCollection,
    ) -> None:
        super().__init__()
        self._scheme, self._keep, self._gone = scheme, keep, gone
        self._num_documents, self._num_groups = num_documents, num_groups

    def expand(self, signatures: beam.PCollection) -> beam.PCollection[Packed]:
        """Beam's hook."""
        sides = AsSingleton(self._num_documents), AsList(self._gone)
        read = beam.ParDo(_ReadBuckets(self._scheme, self._keep), *sides)
        pair = beam.ParDo(_PairBuckets(), AsSingleton(self._num_groups))
        return (
            signatures
            | "Read" >> read.with_output_types(Packed)
            | "GroupByBucket" >> beam.GroupByKey()
            | "Pair" >> pair.with_output_types(Packed)
            | "GroupByPair" >> beam.GroupByKey()
            | "Distinct" >> beam.ParDo(_DistinctPairs()).with_output_types(Packed)
        )
