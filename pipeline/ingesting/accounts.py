"""Ingest's entries in the ledger: every document read, by language, outcome and rule."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.documents import text_offsets
from haybale.corpus.ledger import Amount, Ledger, Outcome
from haybale.pipeline.ingesting.decide import Decisions
from haybale.pipeline.ingesting.findings import Findings
from haybale.pipeline.sources.records import Unreadable

Bools = npt.NDArray[np.bool_]
Int64s = npt.NDArray[np.int64]

STAGE = "ingest"


def enter_batch(
    ledger: Ledger,
    subset: str,
    documents: pa.RecordBatch,
    decisions: Decisions,
    findings: Findings,
) -> None:
    """Enter a batch: what was read, kept, edited, dropped by a first rule, hit by any, and found.

    Args:
        ledger: Added to.
        subset: Of all documents.
        documents: Schema DOCUMENTS, identified.
        decisions: On them.
        findings: In them.
    """
    read_bytes = findings.read_bytes
    kept_bytes = np.diff(text_offsets(decisions.texts))
    encoded = pc.fill_null(documents.column("language"), "").dictionary_encode()
    languages, code = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
    nothing = np.zeros(len(read_bytes), np.int64)
    entries = [(*entry, nothing) for entry in _outcomes(decisions, read_bytes, kept_bytes)]
    for outcome, rule, mask, text_bytes, items in (
        *entries,
        *_found(decisions, findings),
    ):
        counts = np.bincount(code[mask], minlength=len(languages))
        # bincount adds weights as float64, exact up to 2^53 bytes a batch.
        sums = [
            np.bincount(code[mask], values[mask], minlength=len(languages)).astype(np.int64)
            for values in (text_bytes, items)
        ]
        for language, count, size, number in zip(languages, counts, *sums, strict=True):
            if count:
                amount = Amount(int(count), int(size), items=int(number))
                ledger.add(STAGE, subset, outcome, amount, language=language, rule=rule)


def _found(
    decisions: Decisions, findings: Findings
) -> Iterator[tuple[Outcome, str, Bools, Int64s, Int64s]]:
    """As `_outcomes`, with how often: what was found, and what masks changed in kept documents."""
    kept = decisions.kept.to_numpy(zero_copy_only=False)
    for what, items in findings.counts.items():
        yield "found", what, items > 0, findings.read_bytes, items
        yield "found_kept", what, kept & (items > 0), findings.read_bytes, items
    nothing = np.zeros(len(kept), np.int64)
    for mask, taken in findings.taken.items():
        inserted = findings.inserted[mask]
        yield "edited", mask, kept & (taken > 0), taken, nothing
        yield "inserted", mask, kept & (taken > 0), inserted, nothing


def _outcomes(
    decisions: Decisions, read_bytes: Int64s, kept_bytes: Int64s
) -> Iterator[tuple[Outcome, str, Bools, Int64s]]:
    """What happened, by which rule, to which rows, of how many bytes each."""
    kept = decisions.kept.to_numpy(zero_copy_only=False)
    yield "read", "", np.ones(len(kept), np.bool_), read_bytes
    yield "kept", "", kept, kept_bytes
    for rule in decisions.reason.drop_null().unique().to_pylist():
        dropped = pc.fill_null(pc.equal(decisions.reason, rule), False)
        yield "dropped", rule, dropped.to_numpy(zero_copy_only=False), read_bytes
    for rule, failed in decisions.hits.items():
        yield "hit", rule, failed, read_bytes
    for rule, near in decisions.near.items():
        yield "barely_hit", rule, near & decisions.hits[rule], read_bytes
        yield "nearly_hit", rule, near & ~decisions.hits[rule], read_bytes
    for rule, skipped in decisions.skipped.items():
        yield "skipped", rule, skipped, read_bytes
    rows, taken = (decisions.edits.column(name).to_numpy() for name in ("row", "start"))
    taken = decisions.edits.column("stop").to_numpy() - taken
    for rule in decisions.edits.column("rule").unique().to_pylist():
        of = pc.equal(decisions.edits.column("rule"), rule).to_numpy(zero_copy_only=False)
        num_bytes = np.bincount(rows[of], taken[of], minlength=len(kept)).astype(np.int64)
        yield "edited", rule, kept & (num_bytes > 0), num_bytes


def enter_unreadable(ledger: Ledger, subset: str, record: Unreadable) -> None:
    """Enter what could not be read, all its records; its bytes are of the source, not of text."""
    amount = Amount(record.num_records, record.num_bytes)
    ledger.add(STAGE, subset, "unreadable", amount, rule=record.reason)
    ledger.add(STAGE, subset, "read", Amount(record.num_records))
