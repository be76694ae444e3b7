"""What the finished units of a step took and decided, added up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from haybale.corpus.ledger import Amount, Ledger
from haybale.pipeline.units.timing import PEAK_MEMORY

OUTCOMES = ("read", "kept", "dropped", "unreadable", "removed")
"""Of documents, in the ledger; the others count parts of documents, or the same ones again."""


@dataclass
class UnitSums:
    """Sums over units; the same in any order.

    Attributes:
        num_units: How many.
        timing: Of `UnitResult.timing`, by name; the most of `peak_memory_bytes`.
        amounts: Documents, text bytes and tokens by outcome.
        num_unread: Of the units those that were counted only: their records were not read, so
            `timing` and `amounts` are without them.
    """

    num_units: int = 0
    timing: dict[str, float] = field(default_factory=dict)
    amounts: dict[str, Amount] = field(default_factory=dict)
    num_unread: int = 0

    def add(self, timing: Mapping[str, float], ledger: Ledger) -> None:
        """Add a unit."""
        amounts: dict[str, Amount] = {}
        for account, amount in ledger.rows():
            if account.outcome in OUTCOMES:
                amounts[account.outcome] = amounts.get(account.outcome, Amount()) + amount
        self.merge(UnitSums(1, dict(timing), amounts))

    def merge(self, other: "UnitSums") -> None:
        """Add other sums."""
        self.num_units += other.num_units
        self.num_unread += other.num_unread
        for name, value in other.timing.items():
            before = self.timing.get(name, 0)
            self.timing[name] = max(before, value) if name == PEAK_MEMORY else before + value
        for outcome, amount in other.amounts.items():
            self.amounts[outcome] = self.amounts.get(outcome, Amount()) + amount

    @property
    def measured(self) -> Mapping[str, float]:
        """`timing`; nothing where it is not that of all units."""
        return {} if self.num_unread else self.timing

    @property
    def cpu_seconds(self) -> float | None:
        """Of all units; None where that is not known."""
        return None if self.num_unread else self.timing.get("cpu_seconds", 0.0)

    @property
    def num_documents(self) -> int:
        """Documents that came to the step; 0 where its units keep no account of documents."""
        if "read" in self.amounts:
            return self.amounts["read"].documents
        return sum(self.amounts.get(one, Amount()).documents for one in ("kept", "removed"))

    def as_json(self) -> dict[str, Any]:
        """For the step's record."""
        return {
            "units": self.num_units,
            "timing": dict(sorted(self.timing.items())),
            "amounts": {outcome: vars(amount) for outcome, amount in sorted(self.amounts.items())},
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "UnitSums":
        """The inverse of `as_json`."""
        amounts = {outcome: Amount(**amount) for outcome, amount in raw["amounts"].items()}
        return cls(raw["units"], raw["timing"], amounts)
