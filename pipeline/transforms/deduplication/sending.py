"""Sending: candidates go to the groups that compare them, with what they are compared by."""

from collections.abc import Iterator, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import id_bytes
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.dedup.shingles import shingle_sets
from haybale.pipeline.shuffle import by_number
from haybale.pipeline.transforms.deduplication.id_rows import (
    COMPARED,
    WANTED,
    Packed,
    SideRows,
    ranks_of,
)
from haybale.pipeline.transforms.deduplication.signing import sign_documents

Int64s = npt.NDArray[np.int64]


class SendSets(beam.DoFn):  # type: ignore[misc]
    """Documents to the sets of shingles of candidates, for each group that needs them."""

    def __init__(self, settings: DedupSettings) -> None:
        self._settings = settings
        # All that is signed again is what ranks follow from.
        self._ranking = DedupSettings(near=False, keep=settings.keep, priority=settings.priority)

    def setup(self) -> None:
        """Nothing is known yet of who is needed."""
        self._wanted = SideRows(WANTED, "group")

    def process(self, batch: pa.RecordBatch, wanted: Sequence[bytes]) -> Iterator[Packed]:
        """Send what one batch has."""
        self._wanted.take_in(wanted)
        batch, groups = _candidates(batch, self._wanted)
        if batch.num_rows:
            scheme = self._settings.scheme
            assert scheme is not None
            signed = sign_documents(batch, self._ranking)
            yield from _sent(signed, shingle_sets(batch.column("text"), scheme.shingles), groups)


class SendSignatures(beam.DoFn):  # type: ignore[misc]
    """Signatures to those of candidates, for each group that needs them."""

    def setup(self) -> None:
        """Nothing is known yet of who is needed."""
        self._wanted = SideRows(WANTED, "group")

    def process(self, signed: pa.RecordBatch, wanted: Sequence[bytes]) -> Iterator[Packed]:
        """Send what one batch has."""
        self._wanted.take_in(wanted)
        signed, groups = _candidates(signed, self._wanted)
        if signed.num_rows:
            stored = signed.column("minhash").flatten().to_numpy()
            yield from _sent(signed, list(stored.reshape(signed.num_rows, -1)), groups)


def _candidates(batch: pa.RecordBatch, wanted: SideRows) -> tuple[pa.RecordBatch, list[Int64s]]:
    """The documents of a batch that some group needs, one of each id, and which groups do."""
    ids = id_bytes(batch.column("doc_id"))
    starts, stops = (np.searchsorted(wanted.ids, ids, side) for side in ("left", "right"))
    _, first = np.unique(ids, return_index=True)
    chosen = np.sort(first[stops[first] > starts[first]])
    groups = [wanted.columns["group"][starts[at] : stops[at]] for at in chosen]
    return batch.take(pa.array(chosen)), groups


def _sent(
    signed: pa.RecordBatch, sets: list[npt.NDArray[Any]], groups: list[Int64s]
) -> Iterator[Packed]:
    """For each group one block: how many documents, COMPARED rows, then the sets end to end."""
    rows = np.empty(signed.num_rows, COMPARED)
    rows["id"], rows["rank"] = id_bytes(signed.column("doc_id")), ranks_of(signed)
    rows["length"] = [len(each) for each in sets]
    number = np.repeat(np.arange(len(groups)), [len(each) for each in groups])
    for group, packed in by_number(np.concatenate(groups), number.view("V8")):
        chosen = np.frombuffer(packed, np.int64)
        values = b"".join(sets[at].tobytes() for at in chosen)
        count = len(chosen).to_bytes(8, "little")
        yield group, count + rows.take(chosen).tobytes() + values
