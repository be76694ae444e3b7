"""Exact duplicates: documents of the same text, normalised text, URL, or key of another package."""

from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import AsList, AsSingleton

from haybale.corpus.arrow_files import id_bytes
from haybale.corpus.digests import id_words, mix64
from haybale.pipeline.dedup.exact import find_exact
from haybale.pipeline.dedup.keys import key_of
from haybale.pipeline.dedup.rows import EXACT
from haybale.pipeline.shuffle import num_partitions, partition, unpack
from haybale.pipeline.transforms.deduplication.id_rows import (
    GONE,
    Packed,
    SideRows,
    ids_of_words,
    ranks_of,
)


class _ReadDigests(beam.DoFn):  # type: ignore[misc]
    """Signatures to packed EXACT rows, by digest, of documents that did not go before."""

    def __init__(self, key: str) -> None:
        self._key = key

    def setup(self) -> None:
        """Nothing is known yet of who went."""
        self._gone = SideRows(GONE)

    def process(
        self, signed: pa.RecordBatch, num_documents: int, gone: Sequence[bytes]
    ) -> Iterator[Packed]:
        """Read one batch."""
        self._gone.take_in(gone)
        digests = signed.column(key_of(self._key).column)
        rows = np.zeros(signed.num_rows, EXACT)
        rows["digest"] = id_words(pc.fill_null(digests, bytes(16)))
        # A scope's duplicates share its mixed digests, and nobody else's do.
        scope = signed.column("scope").to_numpy()
        rows["digest"][:, 0] ^= np.where(scope > 0, mix64(scope), np.uint64(0))
        rows["id"], rows["rank"] = id_words(signed.column("doc_id")), ranks_of(signed)
        chosen = digests.is_valid().to_numpy(zero_copy_only=False)
        rows = rows[chosen & ~self._gone.has(id_bytes(signed.column("doc_id")))]
        count = num_partitions(num_documents, EXACT)
        yield from partition(np.ascontiguousarray(rows["digest"][:, 0]), rows, count)


class _FindTwins(beam.DoFn):  # type: ignore[misc]
    """Packed EXACT rows of one range of digests to packed GONE rows."""

    def __init__(self, key: str) -> None:
        self._similarity = int(key_of(key).same_words)

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[bytes]:
        """Look at one group."""
        rows = unpack(group[1], EXACT)
        # Of documents that share an id one stands for all: they are counted by their id.
        ids = ids_of_words(rows["id"])
        _, first = np.unique(ids, return_index=True)
        rows, ids = rows[first], ids[first]
        rows["address"] = np.arange(len(rows))
        removed = find_exact(rows)
        gone = np.empty(len(removed), GONE)
        gone["id"] = ids[removed["address"]]
        gone["survivor"] = ids[removed["survivor"]]
        gone["shared"] = gone["united"] = self._similarity
        if len(gone):
            yield gone.tobytes()


class FindTwins(beam.PTransform):  # type: ignore[misc]
    """Signatures to packed GONE rows of duplicates by one key.

    Args:
        key: What twins have in common.
        num_documents: One number.
        gone: Packed GONE rows of documents that went before.
    """

    def __init__(self, key: str, num_documents: beam.PCollection, gone: beam.PCollection) -> None:
        super().__init__()
        self._key, self._num_documents, self._gone = key, num_documents, gone

    def expand(self, signatures: beam.PCollection) -> beam.PCollection[bytes]:
        """Beam's hook."""
        sides = AsSingleton(self._num_documents), AsList(self._gone)
        read = beam.ParDo(_ReadDigests(self._key), *sides)
        return (
            signatures
            | "Read" >> read.with_output_types(Packed)
            | "GroupByDigest" >> beam.GroupByKey()
            | "Find" >> beam.ParDo(_FindTwins(self._key)).with_output_types(bytes)
        )
