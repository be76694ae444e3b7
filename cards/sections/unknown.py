"""What the card does not know: every fact without a number, and why."""

from haybale.cards.blocks import Block, Code, Inline, Link, Prose, Section, Terms
from haybale.cards.card import Card
from haybale.cards.fact import Fact
from haybale.cards.measures import declared, limits


def section(card: Card) -> Section:
    """Gaps of this build, gaps of any build, and questions left open."""
    missing = [fact for fact in card.facts.values() if fact.how == "not_measured"]
    always = [fact for fact in missing if fact.measure in limits.MEASURES]
    open_ = [fact for fact in missing if fact.measure == declared.MEASURE]
    elsewhere = limits.MEASURES.keys() | {declared.MEASURE}
    here = [fact for fact in missing if fact.measure not in elsewhere]
    blocks: list[Block] = [
        Prose((f"{len(missing):,} facts have no number. ", _READING)),
        Prose(("Not measured in this build:" if here else "This build measured all it could.",)),
    ]
    if here:
        blocks.append(Terms(_terms(card, here)))
    blocks += [Prose(("Not measured by any build:",)), Terms(_terms(card, always))]
    if open_:
        text = f"The author left {len(open_)} of {len(declared.QUESTIONS)} questions open: see "
        blocks.append(Prose((text, Link("motivation and use", "#use"), ".")))
    return Section("unknown", "What this card does not know", blocks)


_READING = (
    "What no rule or detector found is not thereby absent: counts are of what was found, and a "
    "detector errs."
)


def _terms(card: Card, facts: list[Fact]) -> tuple[tuple[Inline, tuple[Inline, ...]], ...]:
    """One item for all facts of a measure that are missing for the same reason."""
    groups: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        groups.setdefault((fact.measure, fact.why_missing), []).append(fact)
    return tuple(
        (Code(measure if len(group) > 1 else group[0].id), _text(card, group))
        for (measure, _), group in groups.items()
    )


def _text(card: Card, group: list[Fact]) -> tuple[Inline, ...]:
    many: tuple[Inline, ...] = ()
    if len(group) > 1:
        many = (f" {len(group):,} facts, such as ", Code(group[0].id), ".")
    sentence = card.measures[group[0].measure]
    return (f"{sentence} Not known: {group[0].why_missing}.", *many)
