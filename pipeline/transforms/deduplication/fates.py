"""Fates: for each removed document a survivor that is still there; see `jobs.fates` of a build."""

from collections.abc import Iterator, Mapping
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.metrics import Metrics
from apache_beam.pvalue import AsList

from haybale.pipeline.transforms.deduplication.id_rows import (
    GONE,
    REPEATED,
    SideRows,
    id_array,
)

ID_METHOD = "exact/id@1"
"""Documents that share an id, and are the same in all that decides on them."""

REMOVED_DOCUMENTS = pa.schema(
    [
        pa.field("removed", pa.binary(16), nullable=False),
        pa.field("survivor", pa.binary(16), nullable=False),
        pa.field("similarity", pa.float64()),
        pa.field("method", pa.string(), nullable=False),
    ]
)
"""A removed document and a kept one that it equals or resembles, how much (null where they share a
URL: their texts were not compared), and how it was found. A row for each document: of one that
shares its id with its survivor, `removed` and `survivor` are the same."""


def _copies_gone(repeated: bytes) -> bytes:
    """Packed REPEATED rows to packed GONE rows, one for each copy, which goes for the first."""
    rows = np.frombuffer(repeated, REPEATED)
    rows = rows.repeat(rows["copies"])
    gone = np.empty(len(rows), GONE)
    gone["id"] = gone["survivor"] = rows["id"]
    gone["shared"] = gone["united"] = 1
    return gone.tobytes()


class _TellFates(beam.DoFn):  # type: ignore[misc]
    """Packed GONE rows found by one method to batches of REMOVED_DOCUMENTS.

    Args:
        method: By which they were found.
        later: Methods by which more were removed after that, in order; their rows are side inputs.
    """

    def __init__(self, method: str, later: tuple[str, ...]) -> None:
        self._method, self._later = method, later

    def setup(self) -> None:
        """Nothing is known yet of who went later."""
        self._rows = [SideRows(GONE, "survivor", "shared", "united") for _ in self._later]

    def process(self, block: bytes, *later: Any) -> Iterator[pa.RecordBatch]:
        """Follow one block of rows to survivors that stayed."""
        gone = np.frombuffer(bytearray(block), GONE)
        methods = np.full(len(gone), self._method, object)
        for method, rows, blocks in zip(self._later, self._rows, later, strict=True):
            rows.take_in(blocks)
            place, also_gone = rows.find(gone["survivor"])
            gone["survivor"][also_gone] = rows.columns["survivor"][place[also_gone]]
            # What has equal words has equal shingles: a similarity on the way is the document's
            # own. A shared URL says nothing of texts, so from there on nothing is known of it.
            compared = np.flatnonzero(also_gone & (gone["united"] > 0))
            for name in ("shared", "united"):
                gone[name][compared] = rows.columns[name][place[compared]]
            methods[compared] = method
        for method, count in zip(*np.unique(methods.astype(str), return_counts=True), strict=True):
            Metrics.counter("haybale", f"duplicates/removed/{method}").inc(int(count))
        known = gone["united"] > 0
        similarity = gone["shared"] / np.maximum(gone["united"], 1)
        columns = [
            id_array(gone["id"]),
            id_array(gone["survivor"]),
            pa.array(similarity, mask=~known),
            pa.array(methods, pa.string()),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=REMOVED_DOCUMENTS)


class TellFates(beam.PTransform):  # type: ignore[misc]
    """Packed REPEATED rows, and GONE rows of all methods, to batches of REMOVED_DOCUMENTS.

    Args:
        gone: Method to packed GONE rows, in the order in which they were found.
    """

    def __init__(self, gone: Mapping[str, beam.PCollection]) -> None:
        super().__init__()
        self._gone = gone

    def expand(self, repeated: beam.PCollection) -> beam.PCollection[pa.RecordBatch]:
        """Beam's hook."""
        copies = repeated | "Copies" >> beam.Map(_copies_gone).with_output_types(bytes)
        gone = {ID_METHOD: copies, **self._gone}
        methods = tuple(gone)
        told = []
        for place, method in enumerate(methods):
            later = methods[place + 1 :]
            sides = [AsList(gone[name]) for name in later]
            tell = beam.ParDo(_TellFates(method, later), *sides)
            told.append(gone[method] | f"Tell {method}" >> tell.with_output_types(pa.RecordBatch))
        return tuple(told) | "All" >> beam.Flatten()
