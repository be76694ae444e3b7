"""Who was removed, and by which rule: counts that add up, and rate ratios between languages."""

import math

from haybale.cards.fact import Fact, exact
from haybale.corpus.ledger import Ledger

MIN_CELL = 30
"""Below this many documents in a cell a ratio says nothing, and is not printed."""


def attrition_facts(ledger: Ledger) -> list[Fact]:
    """Documents and bytes read and kept; per rule dropped, near, skipped, edited."""
    facts = []
    for subset in ledger.values("subset"):
        for outcome in ("read", "kept"):
            amount = ledger.total(stage="ingest", subset=subset, outcome=outcome)
            facts += _amount(f"ingest.{subset}.{outcome}", amount, "ingest")
        for rule in _rules(ledger, "ingest", subset, "unreadable"):
            amount = ledger.total(subset=subset, outcome="unreadable", rule=rule)
            name = f"unreadable.{subset}.{rule}"
            facts.append(exact(f"{name}.records", amount.documents, "records", "ingest"))
        for outcome in (
            "dropped",
            "hit",
            "barely_hit",
            "nearly_hit",
            "skipped",
            "edited",
            "inserted",
        ):
            for rule in _rules(ledger, "ingest", subset, outcome):
                amount = ledger.total(subset=subset, outcome=outcome, rule=rule)
                facts += _amount(f"attrition.{subset}.{outcome}.{rule}", amount, "ingest")
        for stage, outcome in (
            ("select", "removed"),
            ("deduplicate", "removed"),
            ("repeats", "edited"),
            ("repeats", "inserted"),
            ("repeats", "removed"),
            ("decontaminate", "edited"),
            ("decontaminate", "removed"),
        ):
            for rule in _rules(ledger, stage, subset, outcome):
                amount = ledger.total(subset=subset, outcome=outcome, rule=rule)
                facts += _amount(f"attrition.{subset}.{outcome}.{rule}", amount, stage)
    for language in ledger.values("language"):
        for outcome in ("read", "kept"):
            amount = ledger.total(stage="ingest", language=language, outcome=outcome)
            if amount.documents:
                name = f"ingest.language.{language or 'unknown'}.{outcome}"
                facts += _amount(name, amount, "ingest")
    why = "documents are dropped before they are tokenized"
    facts.append(Fact("attrition.tokens", None, "tokens", "not_measured", why_missing=why))
    return facts


def _rules(ledger: Ledger, stage: str, subset: str, outcome: str) -> list[str]:
    return sorted(
        {
            account.rule
            for account, _ in ledger.rows()
            if (account.stage, account.subset, account.outcome) == (stage, subset, outcome)
        }
    )


def _amount(name: str, amount: "object", stage: str) -> list[Fact]:
    values = vars(amount)
    return [
        exact(f"{name}.{unit}", values[unit], unit, stage) for unit in ("documents", "text_bytes")
    ]


def disparity_facts(ledger: Ledger) -> list[Fact]:
    """For each language: how much likelier its documents were dropped than all others' were.

    A rate ratio with a 95 % interval from the normal approximation of its logarithm (Katz et al.
    1978, Biometrics 34:469): variance 1/a - 1/n + 1/c - 1/m for a of n against c of m. Documents of
    one site are not independent, so the interval is too narrow where sites are large.
    """
    facts = []
    everything = {
        outcome: ledger.total(stage="ingest", outcome=outcome).documents
        for outcome in ("kept", "dropped")
    }
    for language in (name for name in ledger.values("language") if name):
        dropped = ledger.total(stage="ingest", outcome="dropped", language=language).documents
        kept = ledger.total(stage="ingest", outcome="kept", language=language).documents
        others_dropped = everything["dropped"] - dropped
        others_kept = everything["kept"] - kept
        if min(dropped, kept, others_dropped, others_kept) < MIN_CELL:
            continue
        ratio, low, high = rate_ratio(
            dropped, dropped + kept, others_dropped, others_dropped + others_kept
        )
        facts.append(
            Fact(
                f"disparity.language.{language}.dropped",
                round(ratio, 4),
                "rate ratio",
                "derived",
                "ingest",
                interval=(round(low, 4), round(high, 4)),
                n=dropped + kept,
            )
        )
    return facts


def rate_ratio(a: int, n: int, c: int, m: int) -> tuple[float, float, float]:
    """(a / n) / (c / m) and its 95 % interval."""
    ratio = (a / n) / (c / m)
    spread = 1.959964 * math.sqrt(1 / a - 1 / n + 1 / c - 1 / m)
    return ratio, ratio * math.exp(-spread), ratio * math.exp(spread)
