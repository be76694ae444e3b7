"""Ids that more than one document has: of these documents all but one go."""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import AsSingleton

from haybale.corpus.arrow_files import id_bytes
from haybale.corpus.digests import UInt64s, id_words, mix64
from haybale.corpus.errors import SchemaError
from haybale.pipeline.dedup.keys import keys
from haybale.pipeline.dedup.rows import hash_ids
from haybale.pipeline.shuffle import num_partitions, partition, run_starts, unpack
from haybale.pipeline.transforms.deduplication.id_rows import (
    REPEATED,
    SEEN,
    Packed,
    ranks_of,
)


class _ReadIds(beam.DoFn):  # type: ignore[misc]
    """Signatures to packed SEEN rows, by id."""

    def process(self, signed: pa.RecordBatch, num_documents: int) -> Iterator[Packed]:
        """Read one batch."""
        rows = np.empty(signed.num_rows, SEEN)
        rows["id"], rows["check"] = id_bytes(signed.column("doc_id")), _checks(signed)
        count = num_partitions(num_documents, SEEN)
        yield from partition(hash_ids(id_words(signed.column("doc_id"))), rows, count)


def _checks(signed: pa.RecordBatch) -> UInt64s:
    """A hash of text, URL, scope and rank of each document."""
    columns = [ranks_of(signed), signed.column("scope").to_numpy()[:, None]]
    for key in keys().values():
        if key.column in signed.schema.names:
            columns.append(id_words(pc.fill_null(signed.column(key.column), bytes(16))))
    check = np.zeros(signed.num_rows, np.uint64)
    for column in np.concatenate(columns, axis=1).T:
        check = mix64(check ^ column)
    return check


class _FindRepeated(beam.DoFn):  # type: ignore[misc]
    """Packed SEEN rows of one range of ids to packed REPEATED rows.

    Raises:
        SchemaError: If two documents of one id are not the same document.
    """

    def process(self, group: tuple[int, Iterable[bytes]]) -> Iterator[bytes]:
        """Look at one group."""
        rows = unpack(group[1], SEEN)
        rows = rows.take(np.argsort(rows["id"], kind="stable"))
        starts = run_starts(rows["id"])
        copies = np.diff(np.r_[starts, len(rows)]) - 1
        first = np.repeat(starts, copies + 1)
        differ = np.flatnonzero(rows["check"] != rows["check"][first])
        if len(differ):
            found = rows["id"][differ[:1]].tobytes().hex()
            raise SchemaError(
                f"Deduplicate: two documents that are not the same have the id {found}; expected "
                "ids that name one document each: give them others, or let ToDocuments() make them"
            )
        repeated = np.empty(int((copies > 0).sum()), REPEATED)
        repeated["id"] = rows["id"][starts[copies > 0]]
        repeated["copies"] = copies[copies > 0]
        if len(repeated):
            yield repeated.tobytes()


class FindRepeated(beam.PTransform):  # type: ignore[misc]
    """Signatures to packed REPEATED rows.

    Args:
        num_documents: One number.
    """

    def __init__(self, num_documents: beam.PCollection) -> None:
        super().__init__()
        self._num_documents = num_documents

    def expand(self, signatures: beam.PCollection) -> beam.PCollection[bytes]:
        """Beam's hook."""
        read = beam.ParDo(_ReadIds(), AsSingleton(self._num_documents))
        return (
            signatures
            | "Read" >> read.with_output_types(Packed)
            | "GroupById" >> beam.GroupByKey()
            | "Find" >> beam.ParDo(_FindRepeated()).with_output_types(bytes)
        )
