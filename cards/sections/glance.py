"""At a glance: how much there is, and how the card's numbers are known."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from haybale.cards.blocks import Block, Code, Inline, Number, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.fact import How
from haybale.cards.sections.answers import answers
from haybale.cards.sections.cells import cell

MEANINGS: dict[How, str] = {
    "exact": "counted, every time it occurred; of what the named detector or rule found",
    "sketch": "estimated by a sketch of bounded size, with an interval",
    "sample": "estimated from a random sample, with its size and an interval",
    "derived": "arithmetic on other facts",
    "declared": "a person's word, which nobody checked",
    "not_measured": "there is no number; the card says why",
}
"""What each way of knowing a number means."""


def section(card: Card, others: Sequence[Section]) -> Section:
    """The card's first section.

    Args:
        card: The card.
        others: Its other sections, which this one refers to.
    """
    titles = {other.anchor: other.title for other in others}
    return Section("glance", "At a glance", [*_blocks(card), answers(card, titles)])


def _blocks(card: Card) -> list[Block]:
    version = card.declared.get("version")
    recipe: list[Inline] = ["Built from the recipe ", Code(card.name)]
    recipe += [f", version {version}," if version else "", " by Haybale "]
    recipe += [card.lineage["versions"]["haybale"], ". "]
    recipe += ["Licence, as declared: ", *_license(card.declared), "."]
    return [
        Prose((card.declared["summary"] or "The author provided no summary.",)),
        Prose(_size(card)),
        Prose(tuple(part for part in recipe if part)),
        _splits(card),
        _ways(card),
    ]


def _size(card: Card) -> tuple[Inline, ...]:
    tokens, documents, text_bytes, subsets, languages = (
        card.facts[name]
        for name in (
            "corpus.tokens",
            "corpus.documents",
            "corpus.text_bytes",
            "corpus.subsets",
            "languages.found",
        )
    )
    return (
        Number(tokens, "scaled"),
        " tokens: ",
        Number(documents),
        " documents with ",
        Number(text_bytes),
        " bytes of text. Subsets: ",
        Number(subsets),
        ". Languages: ",
        Number(languages) if languages.value else "not known",
        ".",
    )


def _splits(card: Card) -> Table:
    units = ("documents", "text_bytes", "tokens", "shards")
    rows = [
        (split, *(cell(card.find(f"corpus.{unit}", split=split)) for unit in units))
        for (split,) in card.table("corpus.documents", "split")
    ]
    both = ("together", *(cell(card.find(f"corpus.{unit}")) for unit in units))
    columns = ("split", "documents", "bytes of text", "tokens", "shards")
    return Table("Size of the corpus by split", columns, (*rows, both))


def _ways(card: Card) -> Table:
    counts = Counter(fact.how for fact in card.facts.values())
    rows = tuple(
        (how.replace("_", " "), f"{counts[how]:,}", meaning)
        for how, meaning in MEANINGS.items()
        if counts[how]
    )
    caption = f"How the card's {len(card.facts):,} facts are known"
    return Table(caption, ("known how", "facts", "what it means"), rows)


def _license(declared: Mapping[str, Any]) -> list[Inline]:
    """The licence's identifier; of one that the hub has no identifier for, its name."""
    if not declared["license"]:
        return ["none"]
    named: list[Inline] = [Code(declared["license"])]
    if declared.get("license_name"):
        named += [", ", Code(declared["license_name"])]
    if declared.get("license_link"):
        named += [", ", declared["license_link"]]
    return named
