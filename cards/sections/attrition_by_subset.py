"""What became of each subset's documents, and by which rule."""

from haybale.cards.blocks import Block, Cell, Code, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.sections.cells import cell, share
from haybale.cards.sections.rules import TAKES, num_taken, rules_by_amount

MAX_RULES = 5
"""Shown of a subset, those that took out most."""


def by_subset(card: Card) -> Section | None:
    """None where there is one subset alone."""
    if len(card.subsets) < 2:
        return None
    return Section("attrition-subsets", "By subset", [_sums(card), *_rules(card)])


def _sums(card: Card) -> Table:
    """What became of the documents of each subset."""
    rows = []
    for name in card.subsets:
        gone = [
            sum(
                card.value(measure, subset=subset, rule=rule)
                for subset, rule in card.table(measure, "subset", "rule")
                if subset == name
            )
            for measure in _GONE
        ]
        read = card.find("ingest.read.documents", subset=name)
        num_read = card.value("ingest.read.documents", subset=name)
        left = num_read - sum(gone)
        counts = (f"{count:,}" for count in (*gone, left))
        rows.append((Code(name), cell(read), *counts, share(left, num_read)))
    columns = ("subset", "read", "unreadable", "dropped by ingest", "removed later", "left", "")
    caption = "Documents by fate: those read are the sum of the next four columns"
    return Table(caption, columns, tuple(rows))


_GONE = ("unreadable.records", "attrition.dropped.documents", "attrition.removed.documents")


def _rules(card: Card) -> list[Block]:
    """The rules that took out most of each subset, in one table."""
    rows: list[tuple[Cell, ...]] = []
    num_others = 0
    for subset in card.subsets:
        read = card.value("ingest.read.documents", subset=subset)
        taking = [
            rule
            for rule in rules_by_amount(card, subset=subset)
            if num_taken(card, subset=subset, rule=rule)
        ]
        num_others += len(taking[MAX_RULES:])
        for rule in taking[:MAX_RULES]:
            documents, text_bytes, tokens = (
                _taken(card, unit, subset=subset, rule=rule)
                for unit in ("documents", "text_bytes", "tokens")
            )
            part = share(num_taken(card, subset=subset, rule=rule), read)
            alone = cell(card.find("attrition.hit.documents", subset=subset, rule=rule))
            rows.append((Code(subset), Code(rule), documents, part, text_bytes, tokens, alone))
    columns = ("subset", "rule", "documents", "of all read", "bytes of text", "tokens", "alone")
    caption = f"Rules that took out most of each subset, {MAX_RULES} of each at most"
    blocks: list[Block] = [Table(caption, columns, tuple(rows))] if rows else []
    if num_others:
        rest = f"{num_others:,} more, by language too, are in "
        blocks.append(Prose((rest, Code("card/attrition.parquet"), ".")))
    return blocks


def _taken(card: Card, unit: str, **of: str) -> Cell:
    found = (card.find(f"attrition.{outcome}.{unit}", **of) for outcome in TAKES)
    return next((cell(fact) for fact in found if fact is not None), "")
