"""Documents of a card that may not get lost: between stages, in histograms, among domains."""

from collections.abc import Iterator, Mapping

from haybale.cards.card import Card
from haybale.cards.check.sides import Sides, named, whole_number


def conservation(card: Card) -> Iterator[Sides]:
    """Documents read are kept, dropped or unreadable; those kept are in the corpus or removed."""
    for (subset,), read in card.table("ingest.read.documents", "subset").items():
        kept = card.value("ingest.kept.documents", subset=subset)
        dropped = _over_rules(card, "attrition.dropped.documents", subset)
        unreadable = _over_rules(card, "unreadable.records", subset)
        yield Sides(
            named("ingest.read.documents", {"subset": subset}),
            whole_number(read.value),
            "kept, dropped and unreadable ones",
            kept + dropped + unreadable,
        )
        removed = _over_rules(card, "attrition.removed.documents", subset)
        yield Sides(
            named("ingest.kept.documents", {"subset": subset}),
            kept,
            "those in the corpus or removed",
            card.value("corpus.documents", subset=subset) + removed,
        )


def _over_rules(card: Card, measure: str, subset: str) -> int:
    table = card.table(measure, "subset", "rule")
    return sum(whole_number(fact.value) for key, fact in table.items() if key[0] == subset)


def histograms(card: Card) -> Iterator[Sides]:
    """As many documents by length as there are."""
    for quantity in ("text_bytes", "tokens"):
        for labels in (("state",), ("state", "subset")):
            for key, fact in card.table(f"lengths.{quantity}", *labels).items():
                if key[0] != "corpus" or not isinstance(fact.value, Mapping):
                    continue
                of = dict(zip(labels[1:], key[1:], strict=True))
                yield Sides(
                    named("corpus.documents", of),
                    card.value("corpus.documents", **of),
                    f"documents by lengths.{quantity}",
                    sum(count for _, _, count in fact.value["buckets"]),
                )


def domains(card: Card) -> Iterator[Sides]:
    """Documents of all top-level domains and those without an address are all documents."""
    without = card.find("domains.without_url.documents")
    groups = card.table("domain.documents", "top_level_domain")
    if without is None or not groups:
        return
    yield Sides(
        "corpus.documents",
        card.value("corpus.documents"),
        "documents with and without a web domain",
        sum(whole_number(fact.value) for fact in groups.values()) + whole_number(without.value),
    )
