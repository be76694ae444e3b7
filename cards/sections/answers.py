"""Short answers to what readers ask first, each with the section that says more."""

from collections.abc import Callable, Mapping

from haybale.cards.blocks import Code, Inline, Link, Number, Terms
from haybale.cards.card import Card
from haybale.cards.intervals import MIN_CELL
from haybale.cards.sections.cells import amount, by_size, share

MAX_NAMED = 3
"""Of a kind that an answer names; the section has the others."""

Answer = tuple[Inline, ...]


def answers(card: Card, titles: Mapping[str, str]) -> Terms:
    """Questions with their answers.

    Args:
        card: The card.
        titles: Anchor to title of the sections that the card has.
    """
    items: list[tuple[Inline, tuple[Inline, ...]]] = []
    for question, anchor, answer in _QUESTIONS:
        if anchor in titles:
            items.append((question, (*answer(card), Link(titles[anchor], f"#{anchor}"))))
        else:
            link = Link(titles["unknown"], "#unknown")
            items.append((question, ("Not measured. ", link)))
    return Terms(tuple(items))


def _removed(card: Card) -> Answer:
    """The whole, and the rules that took most."""
    read, left = card.value("ingest.read.documents"), card.value("corpus.documents")
    rules = {
        key: fact
        for outcome in ("dropped", "removed")
        for key, fact in card.table(f"attrition.{outcome}.documents", "rule").items()
    }
    named: list[Inline] = []
    for (rule,) in by_size(rules)[:MAX_NAMED]:
        if amount(rules[rule,]):
            named += ["; " if named else " Most by ", Code(rule), ", ", Number(rules[rule,])]
    return (f"{share(read - left, read)} of the documents read.", *named, ". " if named else " ")


def _samples(card: Card) -> Answer:
    rules = {sample["rule"] for sample in card.samples if sample["state"] == "removed"}
    return (f"Excerpts for each of {len(rules)} rules. ",)


def _languages(card: Card) -> Answer:
    """Languages of which the largest share is not in the corpus, where there are enough to say."""
    lost = {
        key: fact
        for key, fact in card.table("disparity.lost_fraction", "language").items()
        if amount(fact) and card.value("ingest.read.documents", language=key[0]) >= MIN_CELL
    }
    if not lost:
        return ("No language lost a document, of those with enough to say. ",)
    named: list[Inline] = []
    for (language,) in by_size(lost)[:MAX_NAMED]:
        named += [", " if named else "", language, " ", Number(lost[language,], "percent")]
    return ("Of the documents of each language, those not in the corpus: ", *named, ". ")


def _contamination(card: Card) -> Answer:
    sets = card.table("contamination.items_contaminated", "set")
    inside = {key: fact for key, fact in sets.items() if amount(fact)}
    if not inside:
        return (f"None, of any of the sets looked for ({len(sets)}). ",)
    named: list[Inline] = []
    for (name,) in by_size(inside)[:MAX_NAMED]:
        items = card.facts[f"contamination.items.set={name}"]
        named += ["; " if named else "Yes: of ", Code(name), " ", Number(inside[name,])]
        named += [" of ", Number(items), " items"]
    return (*named, ". ")


def _epochs(card: Card) -> Answer:
    epochs = card.table("mixture.run.epochs", "subset")
    order = by_size(epochs)
    (most,), (least,) = order[0], order[-1]
    run = card.facts["mixture.run.tokens"]
    if amount(epochs[most,]) == amount(epochs[least,]):
        every = Number(epochs[most,], "ratio")
        return (every, " of each, for a run of ", Number(run, "scaled"), " tokens. ")
    return (
        "From ",
        Number(epochs[least,], "ratio"),
        " (",
        Code(least),
        ") to ",
        Number(epochs[most,], "ratio"),
        " (",
        Code(most),
        ") for a run of ",
        Number(run, "scaled"),
        " tokens. ",
    )


def _unknown(card: Card) -> Answer:
    gaps = [fact for fact in card.facts.values() if fact.how == "not_measured"]
    return (f"{len(gaps):,} numbers were not measured; each says why. ",)


_QUESTIONS: tuple[tuple[str, str, Callable[[Card], Answer]], ...] = (
    ("How much was removed, and by which rule?", "attrition", _removed),
    ("What does removed text look like?", "samples", _samples),
    ("Which languages and groups lost most?", "disparity", _languages),
    ("Are items of evaluation sets inside?", "contamination", _contamination),
    ("How many epochs of each subset does a training run take?", "mixture", _epochs),
    ("What does nobody know?", "unknown", _unknown),
)
