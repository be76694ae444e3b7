"""What each rule removed, in all, by subset and by language."""

from haybale.cards.blocks import Bar, Bars, Block, Code, Link, Number, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.measures.attrition import STAGES
from haybale.cards.sections.attrition_by_language import by_language
from haybale.cards.sections.attrition_by_subset import by_subset
from haybale.cards.sections.cells import amount, by_size, cell, share
from haybale.cards.sections.funnel import attrition_funnel
from haybale.cards.sections.rules import num_taken, rules_by_amount, rules_table

MAX_BARS = 15
"""Rules drawn; the table has all of them."""


def section(card: Card) -> Section | None:
    """From documents read to documents of the corpus; none where nothing was counted."""
    read = card.find("ingest.read.documents")
    stages = [name for name in STAGES if card.find("attrition.left.documents", stage=name)]
    if read is None or not stages:
        return None
    left = card.find("attrition.left.documents", stage=stages[-1])
    text_left = card.find("attrition.left.text_bytes", stage=stages[-1])
    assert left is not None
    assert text_left is not None
    blocks: list[Block] = [
        Prose(
            (
                "Of ",
                Number(read),
                " documents read, ",
                Number(left),
                f" ({share(amount(left), amount(read))}) are in the corpus; of ",
                Number(card.facts["ingest.read.text_bytes"]),
                " bytes of text ",
                Number(text_left),
                f" ({share(amount(text_left), card.value('ingest.read.text_bytes'))}). ",
                Link("Examples of what each rule removed", "#samples"),
                " are further down; ",
                Link("who was removed more than others", "#disparity"),
                " comes next.",
            )
        ),
        attrition_funnel(card, "Documents left after each stage"),
        *_rules(card),
    ]
    parts = (by_subset(card), by_language(card, stages[-1]), _edits(card), _unreadable(card))
    title = "What each rule removed"
    return Section("attrition", title, blocks, [part for part in parts if part is not None])


def _rules(card: Card) -> list[Block]:
    ordered = rules_by_amount(card)
    read = card.value("ingest.read.documents")
    bars = tuple(
        Bar(Code(rule), number, share(number, read))
        for rule in ordered[:MAX_BARS]
        if (number := num_taken(card, rule=rule))
    )
    return [
        Bars("Documents taken out by each rule, with the share of all read", "documents", bars),
        Prose((_COLUMNS,)),
        rules_table(card, "Rules, those that took out most first", ordered),
        Prose((_TOKENS,)),
    ]


_COLUMNS = (
    "A document that fails several rules of ingest is taken out by the first of them. Alone: every "
    "document read that the rule fails, whatever the others say; where the two differ a lot, the "
    "order of the rules hides something. Near: documents whose number is within a tenth of the "
    "bound, of those that the rule fails and of those that it passes; so many would change sides "
    "were the bound a little different. Skipped: the rule did not apply, since too little is known "
    "of the text's language or origin."
)
_TOKENS = (
    "Removed text never met the tokenizer. Its tokens are estimated: the first 10,000 characters "
    "of at most 64 documents of each rule and subset were tokenized, and their tokens per byte are "
    "taken for all bytes removed. Intervals allow for texts that go on differently than they begin."
)


def _edits(card: Card) -> Section | None:
    """What edits, masks and cuts took out of documents that stay."""
    table = card.table("attrition.edited.text_bytes", "rule")
    if not table:
        return None
    rows = tuple(
        (
            Code(rule),
            *(
                cell(card.find(f"attrition.{measure}", rule=rule))
                for measure in ("edited.documents", "edited.text_bytes", "inserted.text_bytes")
            ),
        )
        for (rule,) in by_size(table)
    )
    columns = ("by", "documents", "bytes taken out", "bytes put in")
    words = "Line edits, masks and cuts took these out of documents that stay."
    return Section("edits", "Edits", [Prose((words,)), Table("Edits", columns, rows)])


def _unreadable(card: Card) -> Section | None:
    table = card.table("unreadable.records", "subset", "rule")
    if not table:
        return None
    rows = tuple(
        (
            Code(reason),
            Code(subset),
            *(
                cell(card.find(f"unreadable.{measure}", subset=subset, rule=reason))
                for measure in ("records", "source_bytes")
            ),
        )
        for subset, reason in by_size(table)
    )
    columns = ("reason", "subset", "records", "bytes in the source")
    caption = "Records that could not be read as documents"
    return Section("unreadable", "Unreadable records", [Table(caption, columns, rows)])
