"""Motivation and use: the author's answers, and the questions left open."""

from haybale.cards.blocks import Block, Number, Prose, Section, Terms
from haybale.cards.card import Card
from haybale.cards.measures.declared import MEASURE, QUESTIONS

_TITLES = {
    "motivation": "why it was made, and for whom",
    "funding": "who paid",
    "intended_use": "what it is for",
    "out_of_scope": "what it must not be used for",
    "known_harms": "what is known to be wrong with it",
    "consent": "whether and how authors consented",
    "legal_basis": "on what right it was collected",
    "collection_period": "when the text was collected",
    "maintenance": "who keeps it, and how often it changes",
    "contact": "where to ask, and to have text taken down",
    "provider": "who provides it",
    "citation": "how to cite it",
    "published": "when it was published",
    "version": "which version it is",
    "license": "under what licence the whole is",
    "title": "its title",
    "summary": "a summary",
}
"""Questions in their order."""
_AT_THE_TOP = frozenset({"version", "license", "title", "summary"})
"""Whose answers the card begins with."""


def section(card: Card) -> Section:
    """Answers as they were given, and in one line what was left open."""
    answers = {name: card.value(MEASURE, "", question=name) for name in _TITLES}
    num_open = Number(card.facts["declared.open"])
    intro = f" of {len(QUESTIONS)} questions are open. Answers are the author's, and unchecked."
    blocks: list[Block] = [Prose((num_open, intro))]
    given = tuple(
        (_TITLES[name].capitalize(), (answer,))
        for name, answer in answers.items()
        if answer and name not in _AT_THE_TOP
    )
    if given:
        blocks.append(Terms(given))
    missing = [_TITLES[name] for name, answer in answers.items() if not answer]
    if missing:
        blocks.append(Prose((f"Not provided: {'; '.join(missing)}.",)))
    return Section("use", "Motivation and use", blocks)
