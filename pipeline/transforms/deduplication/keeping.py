"""The documents that stay: batches without those removed, and one of each repeated id."""

from collections.abc import Iterator, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.metrics import Metrics
from apache_beam.pvalue import AsList, TaggedOutput
from apache_beam.typehints import no_annotations

from haybale.corpus.arrow_files import id_bytes
from haybale.pipeline.coders import RecordBatchCoder
from haybale.pipeline.transforms.deduplication.alone import alone
from haybale.pipeline.transforms.deduplication.id_rows import GONE, REPEATED, SideRows

ALONE, SHARING = "alone", "sharing"
"""Documents whose ids are theirs alone; those that share one, by id."""


class _DropRemoved(beam.DoFn):  # type: ignore[misc]
    """A batch to its documents that stay; each that shares its id goes to SHARING, encoded."""

    def setup(self) -> None:
        """Nothing is known yet of who went."""
        self._gone, self._repeated = SideRows(GONE), SideRows(REPEATED)

    @no_annotations  # type: ignore[untyped-decorator]
    def process(
        self, batch: pa.RecordBatch, gone: Sequence[bytes], repeated: Sequence[bytes]
    ) -> Iterator[pa.RecordBatch | TaggedOutput]:
        """Filter one batch."""
        self._gone.take_in(gone)
        self._repeated.take_in(repeated)
        ids = id_bytes(batch.column("doc_id"))
        stays, shares = ~self._gone.has(ids), self._repeated.has(ids)
        kept = batch.filter(pa.array(stays & ~shares))
        if kept.num_rows:
            Metrics.counter("haybale", "duplicates/kept").inc(kept.num_rows)
            yield kept
        for row in np.flatnonzero(stays & shares):
            one = RecordBatchCoder().encode(alone(batch, int(row)))
            yield TaggedOutput(SHARING, (ids[row : row + 1].tobytes(), one))


class _Smallest(beam.CombineFn):  # type: ignore[misc]
    """The smallest of some bytes: the same document of an id, whatever order they come in."""

    def create_accumulator(self, *args: Any, **kwargs: Any) -> bytes:
        """None yet."""
        return b""

    def add_input(self, accumulator: bytes, element: bytes, *args: Any, **kwargs: Any) -> bytes:
        """The smaller."""
        return min(accumulator, element) if accumulator else element

    def merge_accumulators(self, accumulators: Any, *args: Any, **kwargs: Any) -> bytes:
        """The smallest."""
        return min((each for each in accumulators if each), default=b"")

    def extract_output(self, accumulator: bytes, *args: Any, **kwargs: Any) -> bytes:
        """What there is."""
        return accumulator

    def get_accumulator_coder(self) -> beam.coders.Coder:
        """Bytes as they are."""
        return beam.coders.BytesCoder()


def _first_of_id(sharing: tuple[bytes, bytes]) -> pa.RecordBatch:
    """The document that stays of those that share an id."""
    Metrics.counter("haybale", "duplicates/kept").inc(1)
    return RecordBatchCoder().decode(sharing[1])


class KeepDocuments(beam.PTransform):  # type: ignore[misc]
    """Batches of documents to the same without those removed.

    Args:
        gone: Packed GONE rows of all methods.
        repeated: Packed REPEATED rows.
    """

    def __init__(self, gone: beam.PCollection, repeated: beam.PCollection) -> None:
        super().__init__()
        self._gone, self._repeated = gone, repeated

    def expand(self, documents: beam.PCollection) -> beam.PCollection[pa.RecordBatch]:
        """Beam's hook."""
        dropped = documents | "Drop" >> (
            beam.ParDo(_DropRemoved(), AsList(self._gone), AsList(self._repeated))
            .with_output_types(pa.RecordBatch, **{SHARING: tuple[bytes, bytes]})
            .with_outputs(SHARING, main=ALONE)
        )
        smallest = _Smallest().with_input_types(bytes).with_output_types(bytes)
        one_of_each = (
            dropped[SHARING]
            | "OneOfEachId" >> beam.CombinePerKey(smallest)
            | "Decode" >> beam.Map(_first_of_id).with_output_types(pa.RecordBatch)
        )
        return (dropped[ALONE], one_of_each) | "Kept" >> beam.Flatten()
