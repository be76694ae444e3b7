"""Languages of the corpus."""

from haybale.cards.blocks import Bar, Bars, Block, Code, Number, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.intervals import MIN_CELL
from haybale.cards.measures.languages import DETECTOR, UNKNOWN
from haybale.cards.sections.cells import amount, by_size, cell, share

MAX_BARS = 10
MAX_ROWS = 20
_UNITS = ("documents", "text_bytes", "tokens")


def section(card: Card) -> Section | None:
    """The largest languages by tokens; None where none was identified."""
    table = card.table("language.tokens", "language")
    if set(table) <= {(UNKNOWN,)}:
        return None
    total = card.value("corpus.tokens")
    names = [name for (name,) in by_size(table)]
    sizes = [(name, amount(table[name,])) for name in names[:MAX_BARS]]
    bars = tuple(Bar(name, size, share(size, total)) for name, size in sizes)
    rows = tuple(
        (name, *(cell(card.find(f"language.{unit}", language=name)) for unit in _UNITS))
        for name in names[:MAX_ROWS]
    )
    blocks: list[Block] = [
        Prose(
            (
                Number(card.facts["languages.found"]),
                " languages were found, ",
                Number(card.facts["languages.frequent"]),
                f" of them in {MIN_CELL} documents or more, by {DETECTOR}. Short texts and small "
                "languages are mistaken most: one of a few documents may not be there at all.",
            )
        ),
        Bars("Tokens of the largest languages, with their share of all", "tokens", bars),
        Table("Languages", ("language", "documents", "bytes of text", "tokens"), rows),
    ]
    if len(names) > len(rows):
        rest = f"{len(names) - len(rows):,} more languages are in card.json under "
        blocks.append(Prose((rest, Code("language.tokens"), ".")))
    return Section("languages", "Languages", blocks)
