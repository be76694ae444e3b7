"""How long documents are: histograms, means, medians and the longest hundredth."""

from collections.abc import Mapping

from haybale.cards.fact import Fact, Value, not_measured
from haybale.cards.inputs import CardInputs
from haybale.cards.measured import LengthCounts
from haybale.corpus.ledger import Amount
from haybale.corpus.log_histogram import bucket_bounds, merge, quantile

SHOWN_BUCKETS = 2
"""Buckets for each doubling on the card; the counts in `inputs.json` have 32."""
_QUANTILES = {"median": 0.5, "p99": 0.99}
_WORDS = {"text_bytes": "UTF-8 bytes of text", "tokens": "Tokens", "characters": "Code points"}
_STATES = (
    "Read: readable documents as ingest found them. Corpus: documents of the corpus, after all "
    "edits and cuts."
)

MEASURES = {
    f"lengths.{quantity}{part}": f"{words} of a document{what}. {_STATES}"
    for quantity, words in _WORDS.items()
    for part, what in (
        ("", ": documents by size, two buckets for each doubling"),
        (".mean", ", on average"),
        (".median", ": half of the documents have at most so many; the interval is certain"),
        (".p99", ": 99 of 100 documents have at most so many; the interval is certain"),
    )
}


def facts(inputs: CardInputs) -> list[Fact]:
    """Of documents read and of the corpus, by subset and of all together."""
    if not inputs.measured.lengths:
        why = "lengths were not counted when this corpus was built"
        return [not_measured(f"lengths.{name}", why) for name in ("text_bytes", "tokens")]
    found = []
    for (quantity, state), rows in sorted(_tables(inputs.measured.lengths).items()):
        found += _facts(inputs, quantity, {"state": state}, merge(rows.values()))
        for subset, counts in sorted(rows.items()):
            found += _facts(inputs, quantity, {"state": state, "subset": subset}, counts)
    return found


def _tables(
    lengths: tuple[LengthCounts, ...],
) -> dict[tuple[str, str], dict[str, Mapping[int, int]]]:
    """Quantity and state to subset to counts."""
    tables: dict[tuple[str, str], dict[str, Mapping[int, int]]] = {}
    for row in lengths:
        tables.setdefault((row.quantity, row.state), {})[row.subset] = row.counts
    return tables


def _facts(
    inputs: CardInputs, quantity: str, of: Mapping[str, str], counts: Mapping[int, int]
) -> list[Fact]:
    if not counts:
        return []
    name = f"lengths.{quantity}"
    stage = "ingest" if of["state"] == "read" else "tokenize"
    shown: Value = {"buckets": wide_buckets(counts)}
    found = [Fact(name, shown, "documents", "exact", of, stage)]
    mean = _mean(inputs, quantity, of)
    if mean is not None:
        found.append(Fact(f"{name}.mean", mean, quantity, "derived", of, stage))
    for label, fraction in _QUANTILES.items():
        bounds = quantile(counts, fraction)
        assert bounds is not None  # there are documents
        found.append(
            Fact(
                f"{name}.{label}",
                sum(bounds) // 2,
                quantity,
                "derived",
                of,
                stage,
                None if bounds[0] == bounds[1] else bounds,
            )
        )
    return found


def wide_buckets(counts: Mapping[int, int]) -> list[list[int]]:
    """[low, high, documents] of `SHOWN_BUCKETS` for each doubling, without empty ends.

    Bounds are 2^k and 1.5 * 2^k, so that no fine bucket lies across one.
    """
    wide: dict[tuple[int, int], int] = {}
    for bucket, count in counts.items():
        bounds = _wide_bounds(bucket_bounds(bucket)[0])
        wide[bounds] = wide.get(bounds, 0) + count
    low, last = min(wide)[0], max(wide)[0]
    buckets = []
    while low <= last:
        bounds = _wide_bounds(low)
        buckets.append([*bounds, wide.get(bounds, 0)])
        low = bounds[1]
    return buckets


def _wide_bounds(size: int) -> tuple[int, int]:
    if size < SHOWN_BUCKETS:
        return size, size + 1
    width = (1 << (size.bit_length() - 1)) // SHOWN_BUCKETS
    low = size // width * width
    return low, low + width


def _mean(inputs: CardInputs, quantity: str, of: Mapping[str, str]) -> float | None:
    """From the ledger, whose sums are exact; it does not count code points."""
    if quantity not in ("text_bytes", "tokens"):
        return None
    ledger, subset = inputs.ledger, of.get("subset")
    if of["state"] == "corpus":
        amount = ledger.total(stage=ledger.last_stage, outcome="kept", subset=subset)
    else:
        read, unreadable = (
            ledger.total(stage="ingest", outcome=outcome, subset=subset)
            for outcome in ("read", "unreadable")
        )
        amount = Amount(read.documents - unreadable.documents, read.text_bytes)
    return round(getattr(amount, quantity) / amount.documents, 2) if amount.documents else None
