"""The records of a part's input files that could be read, in the order in which they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import id_bytes
from haybale.corpus.storage import Folder
from haybale.pipeline.jobs.lookup_runs import rows_read
from haybale.pipeline.planning.input_facts import first_records
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.rows.tables import read_table

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PartRecords:
    """Documents read for a part.

    Attributes:
        doc_ids: fixed_size_binary(16)[documents].
        reasons: string[documents]: the rule by which ingest dropped it; null where it kept it.
        files: string[documents]: input file of each.
        records: int64[documents]: which of its file's readable records it is, from 0.
    """

    doc_ids: pa.Array
    reasons: pa.Array
    files: pa.Array
    records: Int64s

    @cached_property
    def _order(self) -> Int64s:
        return np.argsort(id_bytes(self.doc_ids))

    def find(self, doc_ids: npt.NDArray[np.bytes_]) -> Int64s:
        """Place of each of these documents, S16[documents], all of which were read for the part."""
        ids, order = id_bytes(self.doc_ids), self._order
        places = order[np.searchsorted(ids, doc_ids, sorter=order)] if len(doc_ids) else order[:0]
        assert (ids[places] == doc_ids).all(), "a document that nobody read"
        return places


def records_before(folder: Folder, parts: Sequence[Part]) -> list[int]:
    """How many readable records of each part's file stand in the parts that it goes on from."""
    if not any(part.goes_on for part in parts):
        return [0] * len(parts)
    return first_records(parts, [rows_read(folder, part) for part in parts])


def read_records(folder: Folder, part: Part, before: int) -> PartRecords:
    """The readable records of a part, from what ingest left.

    Args:
        folder: The corpus.
        part: Of its plan.
        before: As `records_before` has it.
    """
    table = read_table(folder, f"measures/{part.name}.arrow", ["doc_id", "first_reason"])
    counts = rows_read(folder, part)
    assert sum(counts) == table.num_rows, f"{part.name}: {sum(counts)} read"
    names = [file.name for file in part.files]
    numbers = np.repeat(np.arange(len(counts)), counts)
    return PartRecords(
        doc_ids=table.column("doc_id").combine_chunks(),
        reasons=table.column("first_reason").combine_chunks(),
        files=pa.array(names, pa.string()).take(pa.array(numbers)),
        records=np.concatenate([np.empty(0, np.int64), *map(np.arange, counts)]) + before,
    )
