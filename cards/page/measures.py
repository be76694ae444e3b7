"""The end of the page: what exactly each measure counts.

Every tag beside a number leads here. Single facts would be too many for a page; their ids follow
from a measure and from the row and column that a number stands in.
"""

from haybale.cards.blocks import Code
from haybale.cards.card import Card
from haybale.cards.fact import Fact
from haybale.cards.page.context import Context
from haybale.cards.page.element import Child, element, inside
from haybale.cards.page.escape import Markup
from haybale.cards.page.inline import inline, measure_anchor

_MAX_SOURCES = 3


def measures_section(context: Context) -> Markup:
    """A list of all measures that the card has facts of."""
    facts: dict[str, list[Fact]] = {}
    for fact in context.card.facts.values():
        facts.setdefault(fact.measure, []).append(fact)
    entries = [_entry(measure, facts[measure], context.card) for measure in sorted(facts)]
    return element(
        "section",
        element("h2", "What each number measures", id="measures-heading"),
        element(
            "p",
            "Every tag beside a number leads to its measure in this list. All ",
            f"{len(context.card.facts):,} numbers are in ",
            element("a", "card.json", href="card.json"),
            " under an id made of the measure and of what it is of, such as ",
            inline(Code(_example(context.card))),
            ". One of them, with all that is known about it: ",
            inline(Code("haybale card show DIR ID")),
            ".",
            *_meanings(context),
        ),
        element("dl", *entries, class_="measures"),
        id=context.anchor("measures"),
        aria_labelledby="measures-heading",
    )


def _meanings(context: Context) -> list[Child]:
    """Where the tags are explained, if that section is on the page."""
    if not context.has("glance"):
        return []
    return [" What the tags mean stands ", element("a", "at a glance", href="#glance"), "."]


def _example(card: Card) -> str:
    ids = [fact.id for fact in card.facts.values() if fact.of]
    return min(ids, key=lambda name: (len(name), name)) if ids else "corpus.documents"


def _entry(measure: str, facts: list[Fact], card: Card) -> Markup:
    of = sorted({" × ".join(fact.of) for fact in facts} - {""})
    details = [
        ", ".join(sorted({fact.unit for fact in facts if fact.unit})),
        ", ".join(sorted({fact.how.replace("_", " ") for fact in facts})),
        f"{len(facts):,} numbers" if len(facts) > 1 else "one number",
        f"by {'; '.join(of)}" if of else "",
    ]
    sources = sorted({fact.source for fact in facts if fact.source})[:_MAX_SOURCES]
    return element(
        "div",
        element("dt", inline(Code(measure))),
        element(
            "dd",
            inside(card.measures.get(measure, "")),
            *(element("p", f"Source: {source}", class_="note") for source in sources),
            element("p", " · ".join(filter(None, details)), class_="note"),
        ),
        id=measure_anchor(measure),
    )
