"""Tables of rules: what each took out of documents, in all or of a subset."""

from collections.abc import Sequence

from haybale.cards.blocks import Cell, Code, Number, Table
from haybale.cards.card import Card
from haybale.cards.sections.cells import cell, share

TAKES = ("dropped", "removed")
"""Outcomes of documents that a rule took out, by ingest and by later stages."""
_CONSIDERED = (*TAKES, "hit", "skipped")


def num_taken(card: Card, **of: str) -> int:
    """Documents that a rule took out, as the first that failed them."""
    counts = (card.value(f"attrition.{outcome}.documents", **of) for outcome in TAKES)
    return sum(counts)


def rules_by_amount(card: Card, **of: str) -> list[str]:
    """Rules that took documents out, would have, or were skipped; those that took most first.

    Args:
        card: Their facts.
        **of: Empty, or the `subset` that is asked for.
    """
    names = {
        rule
        for outcome in _CONSIDERED
        for (*key, rule) in card.table(f"attrition.{outcome}.documents", *of, "rule")
        if key == [*of.values()]
    }
    return sorted(names, key=lambda rule: (-num_taken(card, **of, rule=rule), rule))


def rules_table(card: Card, caption: str, rules: Sequence[str], **of: str) -> Table:
    """Of each rule: documents, bytes and tokens taken out, and what it would take alone.

    Args:
        card: Its facts.
        caption: Of the table.
        rules: In this order.
        **of: Empty, or the `subset` that is asked for.
    """
    read = card.value("ingest.read.documents", **of)
    rows = [_row(card, rule, read, of) for rule in rules]
    shown = [
        place
        for place in range(len(_COLUMNS))
        if place < _NUM_ALWAYS or any(isinstance(row[place], Number) for row in rows)
    ]
    columns = tuple(_COLUMNS[place] for place in shown)
    return Table(caption, columns, tuple(tuple(row[place] for place in shown) for row in rows))


_COLUMNS = (
    "rule",
    "documents",
    "of all read",
    "bytes of text",
    "tokens",
    "alone",
    "near: fails",
    "near: passes",
    "skipped",
)
_NUM_ALWAYS = 4
"""Columns that stand in every table; the others where they have any number."""


def _row(card: Card, rule: str, read: int, of: dict[str, str]) -> tuple[Cell, ...]:
    def found(outcome: str, unit: str = "documents") -> Cell:
        return cell(card.find(f"attrition.{outcome}.{unit}", **of, rule=rule))

    documents, text_bytes, tokens = (
        found("removed", unit) or found("dropped", unit) or "0"
        for unit in ("documents", "text_bytes", "tokens")
    )
    part = share(num_taken(card, **of, rule=rule), read)
    others = (found(outcome) for outcome in ("hit", "barely_hit", "nearly_hit", "skipped"))
    return (Code(rule), documents, part, text_bytes, tokens, *others)
