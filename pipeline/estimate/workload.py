"""What a build will read, keep and write, subset by subset."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from haybale.corpus.ledger import Outcome
from haybale.pipeline.estimate.observed import Observed
from haybale.pipeline.estimate.quantities import Origin, Quantity, total_of
from haybale.pipeline.estimate.records import Unit
from haybale.pipeline.jobs.tokens import TRAIN, VALIDATION


@dataclass(frozen=True)
class SubsetLoad:
    """A subset's documents on their way through a build.

    Attributes:
        input_bytes: As stored.
        num_parts: Of the plan.
        sampled_fraction: Of the input that was sampled.
        num_pieces: In so many pieces.
        read: Documents read, readable or not.
        text_bytes: Of these, as read.
        unreadable: Records that cannot be read.
        dropped: Documents that ingest drops, by rule.
        kept: Documents that ingest keeps.
        kept_bytes: Text of these.
        duplicates: Documents that deduplication removes; the sample alone cannot tell, see
            `haybale.pipeline.estimate.twins`.
        left: Documents that are tokenized.
        left_bytes: Text of these.
        tokens: Of these, for training and validation.
        correction: Tokens are so many times what the sample's share of duplicates would leave.
        rises: Duplicates are so many times what the sample's share would make them.
    """

    input_bytes: int
    num_parts: int
    sampled_fraction: float
    num_pieces: int
    read: Quantity
    text_bytes: Quantity
    unreadable: Quantity
    dropped: Mapping[str, Quantity]
    kept: Quantity
    kept_bytes: Quantity
    duplicates: Quantity
    left: Quantity
    left_bytes: Quantity
    tokens: Quantity
    correction: Quantity
    rises: float

    def scaled(self, factor: float) -> "SubsetLoad":
        """So many times as much input of the same kind, with the same share of duplicates."""
        changed: dict[str, Any] = {
            name: value.scaled(factor, "computed")
            for name, value in vars(self).items()
            if isinstance(value, Quantity) and name != "correction"
        }
        dropped = {rule: value.scaled(factor, "computed") for rule, value in self.dropped.items()}
        return replace(
            self,
            **changed,
            dropped=dropped,
            input_bytes=round(self.input_bytes * factor),
            num_parts=max(1, round(self.num_parts * factor)),
        )


@dataclass(frozen=True)
class Workload:
    """All subsets of a build.

    Attributes:
        subsets: By name.
        scale: So many times the recipe's input.
    """

    subsets: Mapping[str, SubsetLoad]
    scale: float = 1.0

    def total(self, name: str) -> Quantity:
        """The sum of a quantity of SubsetLoad over subsets."""
        origin: Origin = "measured" if self.scale == 1 else "computed"
        return total_of((getattr(subset, name) for subset in self.subsets.values()), origin)

    @property
    def input_bytes(self) -> int:
        """As stored."""
        return sum(subset.input_bytes for subset in self.subsets.values())

    @property
    def num_parts(self) -> int:
        """Of the plan."""
        return sum(subset.num_parts for subset in self.subsets.values())

    def scaled(self, factor: float) -> "Workload":
        """So many times as much of every subset."""
        subsets = {name: subset.scaled(factor) for name, subset in self.subsets.items()}
        return Workload(subsets, self.scale * factor)


def workload(observed: Observed, num_parts: Mapping[str, int]) -> Workload:
    """What the recipe's whole input will be.

    Args:
        observed: The sample.
        num_parts: Of each subset, of the whole plan.
    """

    def ingested(outcome: Outcome, rule: str | None = None) -> dict[str, Quantity]:
        return observed.totals(
            "ingest", lambda unit: unit.ledger.total(outcome=outcome, rule=rule).documents
        )

    def ingested_bytes(outcome: Outcome) -> dict[str, Quantity]:
        return observed.totals("ingest", lambda unit: unit.ledger.total(outcome=outcome).text_bytes)

    rules = sorted(
        {
            account.rule
            for unit in observed.of_parts("ingest").values()
            for account, _ in unit.ledger.rows()
            if account.outcome == "dropped"
        }
    )
    dropped = {rule: ingested("dropped", rule) for rule in rules}
    read, unreadable, kept = ingested("read"), ingested("unreadable"), ingested("kept")
    read_bytes, kept_bytes = ingested_bytes("read"), ingested_bytes("kept")
    left = observed.totals("tokenize/tokens", lambda unit: _tokenized(unit, "documents"))
    left_bytes = observed.totals("tokenize/tokens", lambda unit: _tokenized(unit, "text_bytes"))
    tokens = observed.totals("tokenize/tokens", lambda unit: _tokenized(unit, "tokens"))
    subsets = {}
    for stratum in observed.strata:
        name, lost = stratum.subset, observed.lost[stratum.subset]
        share = stratum.sampled_fraction
        correction = _less(left[name], lost.whole, lost.found / share)
        of_bytes = _less(left_bytes[name], lost.whole_bytes, lost.found_bytes / share)
        subsets[name] = SubsetLoad(
            input_bytes=stratum.num_bytes,
            num_parts=num_parts[name],
            sampled_fraction=share,
            num_pieces=len(stratum.pieces),
            read=read[name],
            text_bytes=read_bytes[name],
            unreadable=unreadable[name],
            dropped={rule: found[name] for rule, found in dropped.items() if found[name].value > 0},
            kept=kept[name],
            kept_bytes=kept_bytes[name],
            duplicates=lost.whole,
            left=left[name].times(correction, "measured"),
            left_bytes=left_bytes[name].times(of_bytes, "measured"),
            tokens=tokens[name].times(of_bytes, "measured"),
            correction=of_bytes,
            rises=lost.whole.value / (lost.found / share) if lost.found else 1.0,
        )
    return Workload(subsets)


def _tokenized(unit: Unit, name: str) -> float:
    return float(sum(unit.facts[split][name] for split in (TRAIN, VALIDATION)))


def _less(left: Quantity, lost: Quantity, lost_at_rate: float) -> Quantity:
    """What is left, as a multiple of what the sample's own rate of duplicates leaves."""
    before = left.value + lost_at_rate
    if left.value <= 0:
        return Quantity.exact(1.0, "measured")
    ends = (max(0.0, before - end) / left.value for end in (lost.value, lost.high, lost.low))
    return Quantity.of(ends)
