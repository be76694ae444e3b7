"""Sensitive content: what detectors found of people, and what became of it."""

from haybale.cards.blocks import Block, Code, Link, Number, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.measures.disparity import IDENTITY, mention_label
from haybale.cards.measures.people import PERSONAL_DATA
from haybale.cards.sections.cells import cell

_NAMES = dict(
    zip(
        PERSONAL_DATA,
        ("e-mail address", "phone number", "IP address", "payment card number"),
        strict=True,
    )
)
MAX_TERMS = 20
"""Groups and pronouns shown, those that most documents mention."""
_NOT_LOOKED_FOR = (
    "Detectors find patterns. Names, postal addresses, account and identity numbers are not looked "
    "for, and a text without finds is not free of personal data. How many finds are right is not "
    "known for this corpus; docs/sensitive.md has figures on labelled texts and how they were made."
)
_NOT_MASKED = "Nothing was masked: kept documents hold what was found, unless an edit cut it out. "
_TERMS = (
    "Documents that mention a group, by terms of English, or use a pronoun. A term says neither "
    "how a group is spoken of nor who speaks. Kept: not dropped by the rules of ingest; duplicates "
    "are among them. "
)


def section(card: Card) -> Section | None:
    """None where nothing of people was counted."""
    found = [what for (what,) in card.table("people.documents", "what")]
    if not found:
        return None
    terms = [what for what in found if what.startswith(IDENTITY)]
    others = [what for what in found if what not in terms]
    blocks: list[Block] = [*_nothing_found(card, others)]
    seen = [what for what in others if card.value("people.documents", what=what)]
    if seen:
        blocks += [_patterns(card, seen), *_by_subset(card, seen)]
    masked = card.table("people.masked_bytes", "what")
    blocks.append(Prose(("" if masked or not seen else _NOT_MASKED, _NOT_LOOKED_FOR)))
    if terms:
        link = Link("Who was removed", "#disparity")
        blocks += [Prose((_TERMS, link, " has the ratios.")), *_mentions(card, terms)]
    return Section("people", "Sensitive content", blocks)


def _nothing_found(card: Card, whats: list[str]) -> list[Block]:
    """In words, what detectors that ran did not find."""
    searched = card.find("people.searched")
    if searched is None or searched.value is None:
        return []
    return [
        Prose(
            (
                f"No {_NAMES.get(what, what)} pattern found in ",
                Number(searched),
                " documents by detector ",
                Code(what),
                ".",
            )
        )
        for what in whats
        if not card.value("people.documents", what=what)
    ]


def _patterns(card: Card, whats: list[str]) -> Table:
    columns = [("documents", "documents"), ("items", "finds"), ("kept", "kept")]
    if card.table("people.masked_bytes", "what"):
        columns += [("masked_bytes", "bytes masked"), ("inserted_bytes", "bytes put there")]
    rows = tuple(
        (Code(what), *(cell(card.find(f"people.{one}", what=what)) for one, _ in columns))
        for what in whats
    )
    heads = ("detector", *(head for _, head in columns))
    return Table("What detectors found in documents read", heads, rows)


def _by_subset(card: Card, whats: list[str]) -> list[Block]:
    if len(card.subsets) < 2:
        return []
    rows = tuple(
        (
            Code(subset),
            *(
                cell(card.find("people.documents", subset=subset, what=what)) or "0"
                for what in whats
            ),
        )
        for subset in card.subsets
    )
    heads = ("subset", *(what.rpartition("/")[2] for what in whats))
    return [Table("Documents with finds, by subset", heads, rows)]


def _mentions(card: Card, whats: list[str]) -> list[Block]:
    ordered = sorted(whats, key=lambda what: (-card.value("people.documents", what=what), what))
    shown = ordered[:MAX_TERMS]
    rows = tuple(
        (
            " ".join(mention_label(what)),
            *(
                cell(card.find(f"people.{one}", what=what))
                for one in ("documents", "items", "kept")
            ),
        )
        for what in shown
    )
    columns = ("group", "documents", "mentions", "kept")
    table = Table("Documents read that mention a group or use a pronoun", columns, rows)
    if len(whats) == len(shown):
        return [table]
    rest = f"{len(whats) - len(shown):,} more are in card.json under "
    return [table, Prose((rest, Code("people.documents"), "."))]
