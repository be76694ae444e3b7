"""Who is spoken of: personal data, words of a list, pronouns and identity terms, as detectors find.

What detectors find is not what there is: names, addresses and account numbers are not looked for.
"""

from collections.abc import Iterator

from haybale.cards.fact import Fact, exact, not_measured
from haybale.cards.inputs import CardInputs
from haybale.cards.ledger_sums import LedgerSums
from haybale.corpus.ledger import Amount, Outcome

PERSONAL_DATA = tuple(f"personal_data/{kind}@1" for kind in ("email", "phone", "ip", "card"))
"""Detectors of personal data, each with its version; docs/sensitive.md says what they look for."""

COUNTED_ALONE = ("personal_data/", "identity/")
"""What a recipe's `ingest.count_people` counts."""

MEASURES = {
    "people.documents": "Documents read in which the detector finds something: an e-mail address, "
    "phone number, IP address or payment card number, a word of the list, or a term of a group.",
    "people.items": "How often it does, in all of them.",
    "people.kept": "Of these documents, how many no rule of ingest dropped; duplicates among them.",
    "people.searched": "Documents read that could be searched: all but unreadable ones.",
    "people.masked_bytes": "UTF-8 bytes of finds that a mask took out of documents that were kept.",
    "people.inserted_bytes": "UTF-8 bytes of tokens such as <EMAIL> that were put there instead.",
    "people.precision": "Share of finds that are what the detector says.",
}


def facts(inputs: CardInputs) -> list[Fact]:
    """Counts of finds by subset and in all, and of what masks replaced."""
    sums = LedgerSums(inputs.ledger)
    found = sums.by("rule", outcomes=["found"])
    return [
        *_counts(sums),
        *_masks(sums),
        *_searched(inputs, {what for (what,) in found}),
        not_measured(
            "people.precision",
            "no person judged finds of this corpus; docs/sensitive.md has figures on other texts",
            "fraction",
        ),
    ]


def _counts(sums: LedgerSums) -> Iterator[Fact]:
    for labels in (("what",), ("subset", "what")):
        parts = tuple("rule" if label == "what" else label for label in labels)
        kept = sums.by(*parts, outcomes=["found_kept"])
        for key, amount in sums.by(*parts, outcomes=["found"]).items():
            of = dict(zip(labels, key, strict=True))
            stayed = kept.get(key, Amount()).documents
            yield exact("people.documents", amount.documents, "documents", "ingest", **of)
            yield exact("people.items", amount.items, "items", "ingest", **of)
            yield exact("people.kept", stayed, "documents", "ingest", **of)


def _masks(sums: LedgerSums) -> Iterator[Fact]:
    outcomes: tuple[tuple[Outcome, str], ...] = (
        ("edited", "people.masked_bytes"),
        ("inserted", "people.inserted_bytes"),
    )
    for outcome, measure in outcomes:
        for (rule,), amount in sums.by("rule", outcomes=[outcome]).items():
            if rule.startswith("mask/"):
                what = rule.replace("mask/", "personal_data/")
                yield exact(measure, amount.text_bytes, "bytes", "ingest", what=what)


def _searched(inputs: CardInputs, found: set[str]) -> Iterator[Fact]:
    """Where detectors ran: how many documents they saw, and a 0 for what none of these has.

    That nothing was found is a number only where counting surely happened: something else that
    the recipe's `count_people` counts was found.
    """
    asked = inputs.recipe.get("ingest", {}).get("count_people", True)
    if not asked:
        yield not_measured("people.searched", "the recipe asks not to count people", "documents")
    elif not any(what.startswith(COUNTED_ALONE) for what in found):
        why = "nothing was found at all: that nothing was looked for cannot be told from it"
        yield not_measured("people.searched", why, "documents")
    else:
        read, unreadable = (
            inputs.ledger.total(stage="ingest", outcome=outcome).documents
            for outcome in ("read", "unreadable")
        )
        yield exact("people.searched", read - unreadable, "documents", "ingest")
        for what in (name for name in PERSONAL_DATA if name not in found):
            for measure, unit in (
                ("documents", "documents"),
                ("items", "items"),
                ("kept", "documents"),
            ):
                yield exact(f"people.{measure}", 0, unit, "ingest", what=what)
