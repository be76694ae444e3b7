"""How much of each language is left, and which rule took out most of it."""

from haybale.cards.blocks import Block, Code, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.ledger_sums import UNKNOWN
from haybale.cards.sections.cells import amount, by_size, cell
from haybale.cards.sections.rules import TAKES

MAX_LANGUAGES = 20
"""In the table, those most read."""


def by_language(card: Card, last: str) -> Section | None:
    """None where no language was identified.

    Args:
        card: Its facts.
        last: The stage that the corpus came from.
    """
    read = card.table("ingest.read.documents", "language")
    names = [name for (name,) in by_size(read) if name != UNKNOWN]
    if not names:
        return None
    worst = _worst_rules(card)
    rows = []
    for name in names[:MAX_LANGUAGES]:
        left = card.find("attrition.left.documents", language=name, stage=last)
        lost = card.find("disparity.lost_fraction", language=name)
        rule, number = worst.get(name, ("", 0))
        most = (Code(rule), f"{number:,}") if number else ("", "")
        rows.append((name, cell(read[name,]), cell(left), cell(lost, "percent"), *most))
    columns = ("language", "read", "in the corpus", "lost", "rule that took most", "documents")
    blocks: list[Block] = [Table("The languages most read", columns, tuple(rows))]
    if len(names) > len(rows):
        rest = f"{len(names) - len(rows):,} more languages are in "
        blocks.append(Prose((rest, Code("card/attrition.parquet"), ".")))
    return Section("attrition-languages", "By language", blocks)


def _worst_rules(card: Card) -> dict[str, tuple[str, float]]:
    """Language to the rule that took out most of its documents, and how many."""
    worst: dict[str, tuple[str, float]] = {}
    for outcome in TAKES:
        table = card.table(f"attrition.{outcome}.documents", "language", "rule")
        for (language, rule), fact in table.items():
            if amount(fact) > worst.get(language, ("", 0))[1]:
                worst[language] = (rule, amount(fact))
    return worst
