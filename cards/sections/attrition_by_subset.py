"""What became of each subset's documents, and by which rule."""

from haybale.cards.blocks import Block, Code, Grid, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.sections.cells import cell
from haybale.cards.sections.funnel import attrition_funnel
from haybale.cards.sections.rules import rules_by_amount, rules_table

MAX_RULES = 10
"""In the table of a subset, those that took out most."""


def by_subset(card: Card) -> Section | None:
    """None where there is one subset alone."""
    if len(card.subsets) < 2:
        return None
    blocks: list[Block] = [
        Grid(
            tuple(
                attrition_funnel(card, f"{one}: documents left", subset=one) for one in card.subsets
            )
        ),
        _sums(card),
    ]
    for name in card.subsets:
        ordered = rules_by_amount(card, subset=name)
        shown = ordered[:MAX_RULES]
        blocks.append(rules_table(card, f"Rules, subset {name}", shown, subset=name))
        if len(ordered) > len(shown):
            rest = f"{len(ordered) - len(shown):,} more rules are in "
            blocks.append(Prose((rest, Code("card/attrition.parquet"), ".")))
    return Section("attrition-subsets", "By subset", blocks)


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
        left = card.value("ingest.read.documents", subset=name) - sum(gone)
        rows.append((Code(name), cell(read), *(f"{count:,}" for count in gone), f"{left:,}"))
    columns = ("subset", "read", "unreadable", "dropped by ingest", "removed later", "left")
    caption = "Documents by fate: those read are the sum of all others in their row"
    return Table(caption, columns, tuple(rows))


_GONE = ("unreadable.records", "attrition.dropped.documents", "attrition.removed.documents")
