"""Contamination: whether items of benchmarks stand in the text."""

from haybale.cards.blocks import Code, Inline, Number, Prose, Section, Terms
from haybale.cards.card import Card
from haybale.cards.sections.columns import Column, fact_table

_COLUMNS = (
    Column("items", "contamination.items"),
    Column("searched", "contamination.items_searched"),
    Column("found", "contamination.items_found"),
    Column("contaminated", "contamination.items_contaminated"),
    Column("documents", "contamination.documents_contaminated"),
    Column("dropped", "contamination.documents_dropped"),
    Column("cut", "contamination.documents_cut"),
    Column("left", "contamination.documents_left"),
)


def section(card: Card) -> Section | None:
    """None where nothing was compared."""
    sets = [name for (name,) in card.table("contamination.items", "set")]
    if not sets:
        return None
    rows = [(Code(name), {"set": name}) for name in sets]
    caption = "Evaluation items in the text, and documents that hold them"
    method: tuple[Inline, ...] = (
        "Items of these evaluation sets were looked for in every document that was left after "
        "deduplication, by n-grams of words. Found: one n-gram of the item stands in a document. "
        "Contaminated: a document holds enough of it, by the threshold of the recipe. ",
        Code("decontaminate/items.arrow"),
        " has every item, and the document that holds most of it.",
    )
    limits = (
        "What was not found is not proven absent: translations, paraphrases, items too short to be "
        "looked for, and every set that is not in this table."
    )
    return Section(
        "contamination",
        "Contamination by benchmarks",
        [
            Terms(tuple((Code(name), _verdict(card, name)) for name in sets)),
            Prose(method),
            fact_table(card, caption, "set", _COLUMNS, rows),
            Prose((limits,)),
        ],
    )


def _verdict(card: Card, name: str) -> tuple[Inline, ...]:
    """In plain words: whether items of a set stood in the text, and whether they still do."""

    def number(count: str) -> Number:
        return Number(card.facts[f"contamination.{count}.set={name}"])

    documents, left = number("documents_contaminated"), number("documents_left")
    found: tuple[Inline, ...] = (number("items_contaminated"), " of ", number("items"), " items ")
    if documents.fact.value == 0:
        return (*found, "stand in the text, of ", number("items_searched"), " looked for.")
    if left.fact.value == documents.fact.value:
        return (*found, "stand in ", documents, " documents; none was dropped or cut for it.")
    held: tuple[Inline, ...] = (*found, "stood in ", documents, " documents. Of these ")
    done: tuple[Inline, ...] = (number("documents_dropped"), " were dropped for it and ")
    cut: tuple[Inline, ...] = ("its words were cut out of ", number("documents_cut"))
    still: tuple[Inline, ...] = ("; at most ", left, " are in the corpus as they were.")
    if left.fact.value == 0:
        still = ("; none is in the corpus as it was.",)
    return (*held, *done, *cut, *still)
