"""What a person judged: how much of what was removed, or kept, is right."""

from haybale.cards.audit.question import VERDICTS
from haybale.cards.blocks import Block, Cell, Code, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.sections.cells import cell

_HOW = (
    "A person read documents drawn by the smallest digests of their ids, and said of each whether "
    "it was right to remove it, or, of those kept, to keep it. The share leaves out verdicts "
    "unsure; its interval, and the bound, hold whatever those may be."
)


def section(card: Card) -> Section | None:
    """A row for each stage or rule that was judged; None where none was."""
    rows: list[tuple[Cell, ...]] = []
    for labels in (("stage",), ("stage", "rule")):
        for key in card.table("audit.precision", *labels):
            rows.append(_row(card, dict(zip(labels, key, strict=True))))
    if not rows:
        return None
    columns = (
        *("of", "there are", "right", "wrong", "unsure"),
        *("share right", "at least, at the audit's confidence"),
    )
    blocks: list[Block] = [Prose((_HOW,)), Table("Verdicts of a person", columns, tuple(rows))]
    return Section("audit", "What a person judged", blocks)


def _row(card: Card, of: dict[str, str]) -> tuple[Cell, ...]:
    verdicts = (cell(card.find("audit.verdicts", **of, verdict=verdict)) for verdict in VERDICTS)
    return (
        Code(" ".join(of.values())),
        cell(card.find("audit.population", **of)),
        *verdicts,
        cell(card.find("audit.precision", **of), "percent"),
        cell(card.find("audit.lower_bound", **of), "percent"),
    )
