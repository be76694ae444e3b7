"""The ledger: every decision counted, mergeable in any order, and checked to add up.

A row says what happened (`outcome`, `rule`) at a stage to documents of one subset and language.
Rows add; nothing depends on the order in which parts finish.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from haybale.corpus.errors import HaybaleError

Outcome = Literal[
    "read",
    "kept",
    "dropped",
    "hit",
    "barely_hit",
    "nearly_hit",
    "skipped",
    "unreadable",
    "removed",
    "edited",
    "inserted",
    "found",
    "found_kept",
]
"""What a row counts.

`read`: taken from the input, readable or not. `kept`, `dropped` (by the first rule that failed) and
`unreadable` (rule: the reason; bytes: of the source record) divide `read`. `hit`: a rule failed,
first or not; of these, `barely_hit`: its number is near the bound. `nearly_hit`: its number is near
the bound, on the side that is kept. `skipped`: a rule did not apply, since what it needs of the
text's language or of its origin is not known. `removed`: taken out by selection or deduplication
(rule: the method), left with too little by cuts (rule: why), or taken down when the corpus was
finished. `edited`: kept documents that a line edit, a mask or a cut took bytes out of (rule: which;
bytes: those taken out); `inserted`: the bytes that were put there.
`found`: documents read that mention something that is counted (rule: what; items: how often; bytes:
of the documents); of these, `found_kept`.
"""


_LATER = ("select", "deduplicate", "repeats", "decontaminate", "tokenize", "takedown")
"""Stages after ingest, in order."""


class Account(NamedTuple):
    """What a row is about; `language` and `rule` are empty where they do not apply."""

    stage: str
    subset: str
    language: str
    outcome: str
    rule: str


@dataclass(frozen=True)
class Amount:
    """How much: documents, UTF-8 bytes of text, tokens; items within documents, where counted."""

    documents: int = 0
    text_bytes: int = 0
    tokens: int = 0
    items: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            self.documents + other.documents,
            self.text_bytes + other.text_bytes,
            self.tokens + other.tokens,
            self.items + other.items,
        )


class Ledger:
    """Amounts by account. Merging is addition, so any order and grouping gives the same ledger."""

    def __init__(self) -> None:
        self._rows: dict[Account, Amount] = {}
        self._sums: dict[tuple[str, ...], dict[tuple[str, ...], Amount]] = {}

    def add(
        self,
        stage: str,
        subset: str,
        outcome: Outcome,
        amount: Amount,
        *,
        language: str = "",
        rule: str = "",
    ) -> None:
        """Add an amount to an account."""
        account = Account(stage, subset, language, outcome, rule)
        self._rows[account] = self._rows.get(account, Amount()) + amount
        self._sums.clear()

    def merge(self, other: "Ledger") -> None:
        """Add every row of another ledger."""
        for account, amount in other._rows.items():
            self._rows[account] = self._rows.get(account, Amount()) + amount
        self._sums.clear()

    def rows(self) -> Iterator[tuple[Account, Amount]]:
        """All rows, sorted by account."""
        yield from sorted(self._rows.items())

    def total(
        self,
        *,
        stage: str | None = None,
        subset: str | None = None,
        language: str | None = None,
        outcome: str | None = None,
        rule: str | None = None,
    ) -> Amount:
        """The sum over all rows that match every given part of an account."""
        given = zip(Account._fields, (stage, subset, language, outcome, rule), strict=True)
        wanted = {part: value for part, value in given if value is not None}
        return self._sums_by(tuple(wanted)).get(tuple(wanted.values()), Amount())

    @property
    def last_stage(self) -> str:
        """The stage whose kept documents are the corpus."""
        taken_down = any(account.stage == "takedown" for account in self._rows)
        return "takedown" if taken_down else "tokenize"

    def _sums_by(self, parts: tuple[str, ...]) -> dict[tuple[str, ...], Amount]:
        """Amounts by the values of these parts, added up once: a card asks for hundreds."""
        if parts not in self._sums:
            places = [Account._fields.index(part) for part in parts]
            sums: dict[tuple[str, ...], Amount] = {}
            for account, amount in self._rows.items():
                key = tuple([account[place] for place in places])
                sums[key] = sums.get(key, Amount()) + amount
            self._sums[parts] = sums
        return self._sums[parts]

    def values(self, part: str) -> list[str]:
        """The sorted distinct values of one part of the accounts, such as `subset`."""
        return sorted({getattr(account, part) for account in self._rows})

    def as_json(self) -> list[dict[str, Any]]:
        """Sorted rows, for a part's manifest; items are left out where there are none."""
        rows = ({**account._asdict(), **vars(amount)} for account, amount in self.rows())
        return [
            {key: value for key, value in row.items() if value or key != "items"} for row in rows
        ]

    @classmethod
    def from_json(cls, rows: Iterable[dict[str, Any]]) -> "Ledger":
        """The inverse of `as_json`."""
        ledger = cls()
        for row in rows:
            account = Account(*(row[part] for part in Account._fields))
            numbers = row["documents"], row["text_bytes"], row["tokens"], row.get("items", 0)
            ledger._rows[account] = Amount(*numbers)
        return ledger

    def check(self) -> None:
        """Check that nothing was lost, per subset.

        Ingest: documents read = kept + dropped + unreadable, and text bytes read = kept + dropped +
        edited - inserted.
        Later stages: documents kept by the stage before = kept + removed, and text bytes kept by
        it = kept + removed + edited - inserted.

        Raises:
            HaybaleError: Naming the subset and both sides of the sum that does not close.
        """
        for subset in self.values("subset"):
            self._check_ingest(subset)
            stages = {account.stage for account in self._rows if account.subset == subset}
            previous = "ingest"
            for stage in _LATER:
                if stage in stages:
                    self._check_later(subset, previous, stage)
                    previous = stage

    def _check_ingest(self, subset: str) -> None:
        def total(outcome: Outcome) -> Amount:
            return self.total(stage="ingest", subset=subset, outcome=outcome)

        read, kept, dropped = total("read"), total("kept"), total("dropped")
        unreadable = total("unreadable")
        documents = kept.documents + dropped.documents + unreadable.documents
        _equal(subset, "documents read", read.documents, "kept, dropped or unreadable", documents)
        net = total("edited").text_bytes - total("inserted").text_bytes
        text_bytes = kept.text_bytes + dropped.text_bytes + net
        _equal(subset, "text bytes read", read.text_bytes, "kept, dropped or edited", text_bytes)

    def _check_later(self, subset: str, before: str, stage: str) -> None:
        came = self.total(stage=before, subset=subset, outcome="kept")
        kept = self.total(stage=stage, subset=subset, outcome="kept")
        removed = self.total(stage=stage, subset=subset, outcome="removed")
        edited, inserted = (
            self.total(stage=stage, subset=subset, outcome=outcome).text_bytes
            for outcome in ("edited", "inserted")
        )
        left, right = f"documents kept by {before}", f"kept or removed by {stage}"
        _equal(subset, left, came.documents, right, kept.documents + removed.documents)
        left = f"text bytes kept by {before}"
        right = f"kept, removed or edited by {stage}"
        accounted = kept.text_bytes + removed.text_bytes + edited - inserted
        _equal(subset, left, came.text_bytes, right, accounted)


def _equal(subset: str, left: str, left_amount: int, right: str, right_amount: int) -> None:
    if left_amount != right_amount:
        raise HaybaleError(
            f"subset {subset}: {left_amount} {left}, but {right_amount} {right}; "
            "this is a defect of haybale, nothing was published: please report it"
        )
