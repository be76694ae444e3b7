"""Ingest's entries in the ledger: every document read, by language, outcome and rule."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.documents import text_offsets
from haybale.corpus.ledger import Amount, Ledger, Outcome
from haybale.pipeline.decide import Decisions
from haybale.pipeline.sources.records import Unreadable

STAGE = "ingest"


def enter_batch(
    ledger: Ledger, subset: str, documents: pa.RecordBatch, decisions: Decisions
) -> None:
    """Enter a batch: what was read, kept, dropped by a first rule, and hit by any."""
    sizes = np.diff(text_offsets(documents.column("text")))
    encoded = pc.fill_null(documents.column("language"), "").dictionary_encode()
    languages, code = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
    for outcome, rule, mask in _outcomes(decisions):
        counts = np.bincount(code[mask], minlength=len(languages))
        # bincount adds weights as float64, exact up to 2^53 bytes a batch.
        num_bytes = np.bincount(code[mask], sizes[mask], minlength=len(languages))
        for language, count, size in zip(languages, counts, num_bytes, strict=True):
            if count:
                amount = Amount(int(count), int(size))
                ledger.add(STAGE, subset, outcome, amount, language=language, rule=rule)


def _outcomes(decisions: Decisions) -> Iterator[tuple[Outcome, str, npt.NDArray[np.bool_]]]:
    kept = decisions.kept.to_numpy(zero_copy_only=False)
    yield "read", "", np.ones(len(kept), np.bool_)
    yield "kept", "", kept
    for rule in decisions.reason.drop_null().unique().to_pylist():
        dropped = pc.fill_null(pc.equal(decisions.reason, rule), False)
        yield "dropped", rule, dropped.to_numpy(zero_copy_only=False)
    for rule, failed in decisions.hits.items():
        yield "hit", rule, failed


def enter_unreadable(ledger: Ledger, subset: str, record: Unreadable) -> None:
    """Enter a record that could not be read; its bytes are of the source, not of text."""
    amount = Amount(1, record.num_bytes)
    ledger.add(STAGE, subset, "unreadable", amount, rule=record.reason)
    ledger.add(STAGE, subset, "read", Amount(1))
