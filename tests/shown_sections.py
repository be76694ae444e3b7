"""Sections of a card as plain text, for tests of what they say."""

from haybale.cards.blocks import Number, Prose, Table, Terms
from haybale.cards.card import FORMAT, Card
from haybale.cards.page.numbers import value_text


def card_of(facts, subsets=("web",)):
    """A card of these facts alone, in the order of a card."""
    found = sorted(facts, key=lambda fact: fact.id)
    assert len({fact.id for fact in found}) == len(found)
    return Card(
        {
            "format": FORMAT,
            "name": "planted",
            "declared": {},
            "recipe": {},
            "lineage": {},
            "subsets": list(subsets),
            "measures": {},
            "facts": [fact.as_json() for fact in found],
            "samples": [],
        }
    )


def plain(part):
    """An inline or a cell as text, with common spaces."""
    if isinstance(part, Number):
        return value_text(part.fact.value, part.style).replace("\u00a0", " ")
    return part if isinstance(part, str) else part.text


def prose(section):
    """All paragraphs and terms of a section and of those below it, a line each."""
    lines = []
    for block in section.blocks:
        if isinstance(block, Prose):
            lines.append("".join(map(plain, block.parts)))
        if isinstance(block, Terms):
            lines += [f"{plain(name)}: {''.join(map(plain, of))}" for name, of in block.items]
    return "\n".join([*lines, *map(prose, section.parts)])


def tables(section):
    """Caption to rows of cells as text, of a section and of those below it."""
    found = {
        block.caption: [tuple(map(plain, row)) for row in block.rows]
        for block in section.blocks
        if isinstance(block, Table)
    }
    for part in section.parts:
        found |= tables(part)
    return found
