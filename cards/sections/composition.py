"""Composition: what each subset has, and under what licences."""

from haybale.cards.blocks import Bar, Bars, Block, Code, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.license_classes import CLASSES, UNKNOWN
from haybale.cards.sections.cells import amount, by_size, cell, share

MAX_STATEMENTS = 20
"""Shown; card.json has more."""
_UNITS = ("documents", "text_bytes", "tokens")


def section(card: Card) -> Section:
    """Subsets by size, then licences by class and by statement."""
    tokens = card.table("corpus.tokens", "subset")
    names = by_size(tokens)
    total = card.value("corpus.tokens")
    sizes = [(name, amount(tokens[name,])) for (name,) in names]
    bars = tuple(Bar(Code(name), size, share(size, total)) for name, size in sizes)
    rows = tuple(
        (
            Code(name),
            *(cell(card.find(f"corpus.{unit}", subset=name)) for unit in (*_UNITS, "shards")),
            cell(card.find("corpus.bytes_per_token", subset=name), "ratio"),
        )
        for (name,) in names
    )
    columns = ("subset", "documents", "bytes of text", "tokens", "shards", "bytes per token")
    blocks: list[Block] = [
        Prose(("Training and validation together, after all removals and edits.",)),
        Bars("Tokens of each subset, with its share of all", "tokens", bars),
        Table("Subsets", columns, rows),
    ]
    licenses = _licenses(card)
    return Section("composition", "Composition", blocks, [licenses] if licenses else [])


def _licenses(card: Card) -> Section | None:
    classes = card.table("license.tokens", "license_class")
    if not classes:
        return None
    total = card.value("corpus.tokens")
    present = [name for name in CLASSES if (name,) in classes]
    sizes = [(name, amount(classes[name,])) for name in present]
    bars = tuple(Bar(name, size, share(size, total)) for name, size in sizes)
    return Section(
        "licenses",
        "Licences",
        [
            Prose((_unstated(card), _STATED)),
            Bars("Tokens by class of licence, with the share of all", "tokens", bars),
            Table("Classes", ("class", "what it means"), tuple((n, CLASSES[n]) for n in present)),
            _by_subset(card, present),
            *_statements(card),
        ],
    )


_STATED = "Classes sort what sources state by its words; nobody checked that a statement is true."


def _unstated(card: Card) -> str:
    unknown = card.value("license.tokens", license_class=UNKNOWN)
    if not unknown:
        return "Sources state a licence for every document. "
    part = share(unknown, card.value("corpus.tokens"))
    return f"Of {part} of the tokens nobody says under what licence they are. "


def _by_subset(card: Card, classes: list[str]) -> Table:
    rows = tuple(
        (
            Code(subset),
            *(cell(card.find("license.tokens", subset=subset, license_class=n)) for n in classes),
        )
        for subset in card.subsets
    )
    return Table("Tokens by subset and class of licence", ("subset", *classes), rows)


def _statements(card: Card) -> list[Block]:
    table = card.table("license.tokens", "subset", "license")
    ordered = by_size(table)
    rows = tuple(
        (
            Code(license_),
            Code(subset),
            *(cell(card.find(f"license.{u}", subset=subset, license=license_)) for u in _UNITS),
        )
        for subset, license_ in ordered[:MAX_STATEMENTS]
    )
    columns = ("as the source says", "subset", "documents", "bytes of text", "tokens")
    blocks: list[Block] = [Table("Licences as sources state them", columns, rows)]
    rest = len(ordered) - len(rows)
    if rest > 0:
        more = f"{rest:,} more are in card.json under "
        blocks.append(Prose((more, Code("license.tokens"), ".")))
    return blocks
