"""How much there is, by which shuffles are divided; it follows from the input, not from workers."""

import apache_beam as beam
import pyarrow as pa


class CountDocuments(beam.PTransform):  # type: ignore[misc]
    """Batches to the number of all documents; nothing where there are none."""

    def expand(self, batches: beam.PCollection) -> beam.PCollection[int]:
        """Beam's hook."""
        numbers = batches | "Rows" >> beam.Map(_num_rows).with_output_types(tuple[int, int])
        return numbers | "Sum" >> _sum_per_key() | "Total" >> beam.Values()


def _sum_per_key() -> beam.PTransform:
    """Typed, so that what is summed is not pickled."""
    add = beam.CombineFn.from_callable(sum).with_input_types(int).with_output_types(int)
    return beam.CombinePerKey(add)


def _num_rows(batch: pa.RecordBatch) -> tuple[int, int]:
    return 0, int(batch.num_rows)
