"""The laws that a card's inputs keep: what was counted in several places is the same everywhere."""

from collections.abc import Iterable

from haybale.cards.decision_laws import check_decisions, defect
from haybale.cards.inputs import CardInputs
from haybale.corpus.ledger import Amount, Ledger
from haybale.corpus.log_histogram import bucket_bounds

_UNITS = ("documents", "text_bytes", "tokens")


def check_inputs(inputs: CardInputs) -> None:
    """Check that the ledger closes, and that everything else counted agrees with it.

    Raises:
        HaybaleError: Naming both sides of the first law that is broken.
    """
    inputs.ledger.check()
    subsets = {name for split in inputs.totals.values() for name in split}
    for subset in sorted(subsets | set(inputs.ledger.values("subset"))):
        corpus = inputs.ledger.total(stage=inputs.ledger.last_stage, subset=subset, outcome="kept")
        _check_totals(inputs, subset, corpus)
        _check_licenses(inputs, subset, corpus)
        _check_lengths(inputs, subset, corpus)
    _check_domains(inputs)
    check_decisions(inputs.ledger)
    _check_contamination(inputs)
    _check_tokenizer(inputs)


def _check_totals(inputs: CardInputs, subset: str, corpus: Amount) -> None:
    for unit in _UNITS:
        shards = sum(split[subset][unit] for split in inputs.totals.values() if subset in split)
        _equal(subset, f"{unit} of the shards", shards, f"{unit} tokenized", getattr(corpus, unit))


def _check_licenses(inputs: CardInputs, subset: str, corpus: Amount) -> None:
    if not inputs.measured.licenses:
        return
    rows = [row for row in inputs.measured.licenses if row.subset == subset]
    for unit in _UNITS:
        found = sum(getattr(row, unit) for row in rows)
        _equal(subset, f"{unit} by licence", found, f"{unit} tokenized", getattr(corpus, unit))


def _check_lengths(inputs: CardInputs, subset: str, corpus: Amount) -> None:
    states = {"corpus": corpus, "read": _readable(inputs.ledger, subset)}
    for row in inputs.measured.lengths:
        if row.subset != subset:
            continue
        amount = states[row.state]
        name = f"documents by {row.quantity} ({row.state})"
        _equal(subset, name, sum(row.counts.values()), f"documents {row.state}", amount.documents)
        if row.quantity in _UNITS:
            total = getattr(amount, row.quantity)
            bounds = [(bucket_bounds(bucket), count) for bucket, count in row.counts.items()]
            low = sum(smallest * count for (smallest, _), count in bounds)
            high = sum((above - 1) * count for (_, above), count in bounds)
            if not low <= total <= high:
                raise defect(
                    subset, f"{total} {row.quantity} {row.state}", f"{low} to {high} by length"
                )


def _readable(ledger: Ledger, subset: str) -> Amount:
    read, unreadable = (
        ledger.total(stage="ingest", subset=subset, outcome=outcome)
        for outcome in ("read", "unreadable")
    )
    return Amount(read.documents - unreadable.documents, read.text_bytes)


def _check_domains(inputs: CardInputs) -> None:
    domains = inputs.measured.domains
    if domains is None:
        return
    corpus = inputs.ledger.total(stage=inputs.ledger.last_stage, outcome="kept").documents
    with_url = sum(group.documents for group in domains.groups)
    found = with_url + domains.documents_without
    _equal("all", "documents by domain and without", found, "documents tokenized", corpus)
    if domains.curve:
        text_bytes = sum(group.text_bytes for group in domains.groups)
        last = domains.curve[-1]
        _equal("all", "bytes at the curve's end", last[1], "bytes by domain", text_bytes)
        _equal("all", "domains at the curve's end", last[0], "domains", domains.num)
        _check_rising(domains.curve)


def _check_rising(curve: Iterable[tuple[int, int]]) -> None:
    before = (0, 0)
    for point in curve:
        if point[0] <= before[0] or point[1] < before[1]:
            raise defect("all", f"point {point} of the curve of domains", f"{before} before it")
        before = point


def _equal(subset: str, left: str, left_amount: int, right: str, right_amount: int) -> None:
    if left_amount != right_amount:
        raise defect(subset, f"{left_amount} {left}", f"{right_amount} {right}")


def _check_contamination(inputs: CardInputs) -> None:
    """Items contaminated were found, those found were looked for."""
    for name, counts in inputs.contamination.items():
        searched = counts["items"] - counts["items_not_searched"]
        rising = (counts["items_contaminated"], counts["items_found"], searched)
        if not 0 <= rising[0] <= rising[1] <= rising[2]:
            words = "items contaminated, found and looked for"
            raise defect("all", f"{words} of {name} are {rising}", "expected them to rise")


def _check_tokenizer(inputs: CardInputs) -> None:
    """The tokenizer's report is of the tokens of the shards."""
    report = inputs.tokenizer_report
    if not report:
        return
    shards = sum(counts["tokens"] for split in inputs.totals.values() for counts in split.values())
    reported = report["total"]["tokens"]
    _equal("all", "tokens in the tokenizer's report", reported, "tokens of the shards", shards)
