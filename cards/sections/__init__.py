"""Sections of a card, in the order in which they are read."""

from haybale.cards.blocks import Section
from haybale.cards.card import Card
from haybale.cards.sections import (
    attrition,
    audit,
    changes,
    composition,
    contamination,
    cost,
    disparity,
    domains,
    duplicates,
    glance,
    languages,
    lengths,
    mixture,
    packing,
    people,
    reproduce,
    samples,
    takedown,
    tokenizer,
    unknown,
    use,
)

ORDER = (
    unknown,
    takedown,
    use,
    composition,
    attrition,
    disparity,
    languages,
    domains,
    duplicates,
    lengths,
    tokenizer,
    people,
    contamination,
    mixture,
    packing,
    cost,
    samples,
    audit,
    reproduce,
    changes,
)


def sections(card: Card) -> list[Section]:
    """Every section that the card has something to say in; at a glance comes first."""
    found = [section for module in ORDER if (section := module.section(card)) is not None]
    return [glance.section(card, found), *found]
