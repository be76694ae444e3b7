"""What was taken down since the corpus was built, and which numbers of the card are of before."""

from collections.abc import Mapping
from typing import Any

from haybale.cards.blocks import Block, Code, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.measures.takedown import COUNTS
from haybale.cards.sections.cells import cell
from haybale.corpus.takedowns import LINEAGE_KEY

_COLUMNS = (
    *("takedown", "date", "reason", "documents", "bytes of text", "tokens"),
    *("of these near-duplicates", "texts only"),
)

_OF_TODAY = (
    "Counted anew, so that they are of the corpus as it is: its size, splits, subsets, languages, "
    "licences, lengths, web domains, tokenizer, mixture and packings."
)
_OF_BEFORE = (
    "Of the build, taken-down documents among them: what was read, what rules measured, dropped "
    "and removed, who was removed, duplicates and their clusters, personal data, and items of "
    "evaluation sets. How many texts and URLs of the corpus differ was estimated then, and is not "
    "known any more."
)
_LEFT = (
    " has the ids of what was taken down, and no more: texts, tokens, signatures and excerpts are "
    "gone. Documents that had been removed as duplicates of one that is taken down do not come "
    "back; the table of duplicates still names it."
)


def section(card: Card) -> Section | None:
    """None where nothing was taken down."""
    takedowns = card.lineage.get(LINEAGE_KEY, ())
    if not takedowns:
        return None
    documents, tokens = (sum(each[name] for each in takedowns) for name in ("documents", "tokens"))
    first = (
        f"After the corpus was built {documents:,} documents with {tokens:,} tokens were taken "
        f"down, the last on {takedowns[-1]['date']}."
    )
    rows = tuple(_row(card, number, each) for number, each in enumerate(takedowns, 1))
    blocks: list[Block] = [
        Prose((first,)),
        Table("Takedowns", _COLUMNS, rows),
        Prose((_OF_TODAY,)),
        Prose((_OF_BEFORE,)),
        Prose((Code("takedown/documents.arrow"), _LEFT)),
    ]
    return Section("takedown", "What was taken down", blocks)


def _row(card: Card, number: int, takedown: Mapping[str, Any]) -> tuple[Any, ...]:
    counts = (cell(card.find(f"takedown.{name}", takedown=str(number))) for name in COUNTS)
    return (str(number), takedown["date"], takedown["reason"] or "none given", *counts)
