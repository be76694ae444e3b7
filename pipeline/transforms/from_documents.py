"""Batches of documents to dictionaries."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import orjson
import pyarrow as pa

from haybale.pipeline.transforms.arriving import expect_batches, expect_columns


class FromDocuments(beam.PTransform):  # type: ignore[misc]
    """Make a dictionary of each document: the inverse of `ToDocuments`.

    Nulls are left out; `doc_id` is 32 hex digits; what `metadata` holds stands beside the columns,
    of which one with the same name goes first. Columns that transforms added are there too.
    """

    def expand(self, documents: beam.PCollection) -> beam.PCollection[dict[str, Any]]:
        """Beam's hook."""
        expect_batches(documents, "FromDocuments")
        rows = beam.ParDo(TakeApart()).with_output_types(dict[str, Any])
        return documents | "TakeApart" >> rows


class TakeApart(beam.DoFn):  # type: ignore[misc]
    """A batch to dictionaries."""

    def process(self, batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
        """One for each row."""
        for row in expect_columns(batch, ("doc_id",), "FromDocuments").to_pylist():
            metadata = row.pop("metadata", None)
            known = {name: value for name, value in row.items() if value is not None}
            known["doc_id"] = known["doc_id"].hex()
            yield {**(orjson.loads(metadata) if metadata else {}), **known}
