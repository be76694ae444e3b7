"""How much there is, by which shuffles are divided; it follows from the input, not from workers."""

import apache_beam as beam
import pyarrow as pa

from haybale.corpus.documents import text_offsets
from haybale.pipeline.shuffle import PARTITION_BYTES


class CountDocuments(beam.PTransform):  # type: ignore[misc]
    """Batches to the number of all documents; nothing where there are none."""

    def expand(self, batches: beam.PCollection) -> beam.PCollection[int]:
        """Beam's hook."""
        numbers = batches | "Rows" >> beam.Map(_num_rows).with_output_types(tuple[int, int])
        return numbers | "Sum" >> _sum_per_key() | "Total" >> beam.Values()


class CountGroups(beam.PTransform):  # type: ignore[misc]
    """Batches to the number of groups in which pairs are compared; nothing where there are none.

    Shingles of a text take about as many bytes as it, and only those of candidates are there.
    """

    def expand(self, batches: beam.PCollection) -> beam.PCollection[int]:
        """Beam's hook."""
        numbers = batches | "Bytes" >> beam.Map(_text_bytes).with_output_types(tuple[int, int])
        return (
            numbers
            | "Sum" >> _sum_per_key()
            | "Total" >> beam.Values()
            | "Divide" >> beam.Map(_num_groups).with_output_types(int)
        )


def _sum_per_key() -> beam.PTransform:
    """Typed, so that what is summed is not pickled."""
    add = beam.CombineFn.from_callable(sum).with_input_types(int).with_output_types(int)
    return beam.CombinePerKey(add)


def _num_rows(batch: pa.RecordBatch) -> tuple[int, int]:
    return 0, int(batch.num_rows)


def _text_bytes(batch: pa.RecordBatch) -> tuple[int, int]:
    edges = text_offsets(batch.column("text"))
    return 0, int(edges[-1] - edges[0])


def _num_groups(text_bytes: int) -> int:
    return max(1, -(-text_bytes // PARTITION_BYTES))
