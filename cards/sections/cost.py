"""Cost: bytes, and where the card's maker added them time, money and carbon."""

from haybale.cards.blocks import Block, Cell, Code, Inline, Number, Prose, Section
from haybale.cards.card import Card
from haybale.cards.sections.columns import Column, fact_table

_TIMES = (
    Column("CPU seconds", "cost.cpu_seconds"),
    Column("seconds of all units", "cost.wall_seconds"),
    Column("most memory of a process, bytes", "cost.peak_memory_bytes"),
)


def section(card: Card) -> Section:
    """Bytes in and out are always known; of all else that is not, why."""
    return Section("cost", "Cost of building", [*_bytes(card), *_times(card), *_factors(card)])


def _bytes(card: Card) -> list[Block]:
    about: tuple[Inline, ...] = (
        Number(card.facts["cost.input_bytes"]),
        " bytes of files were read, as they lie on disk. The ids of the shards take ",
        Number(card.facts["cost.output_bytes"]),
        f" bytes ({card.facts['cost.output_bytes'].source}).",
    )
    subsets = card.table("cost.input_bytes", "subset")
    if len(subsets) < 2:
        return [Prose(about)]
    rows = [(Code(name), {"subset": name}) for (name,) in subsets]
    column = Column("bytes of files", "cost.input_bytes")
    return [Prose(about), fact_table(card, "Bytes read by subset", "subset", [column], rows)]


def _times(card: Card) -> list[Block]:
    whole = card.facts["cost.cpu_seconds"]
    if whole.value is None:
        return [Prose(("Time is not measured: ", whole.why_missing, "."))]
    rows: list[tuple[Cell, dict[str, str]]] = [
        (stage, {"stage": stage}) for (stage,) in card.table("cost.cpu_seconds", "stage")
    ]
    hours = (Number(card.facts["cost.core_hours"], "ratio"), " core hours in all.")
    caption = "Time and memory by stage"
    table = fact_table(card, caption, "stage", _TIMES, [*rows, ("together", {})])
    return [Prose(hours), table]


def _factors(card: Card) -> list[Block]:
    blocks: list[Block] = []
    for measure, title in (("cost.money", "Money"), ("cost.grams_co2", "Carbon")):
        fact = card.facts[measure]
        if fact.value is None:
            blocks.append(Prose((f"{title} is not measured: {fact.why_missing}.",)))
        else:
            number = Number(fact, "ratio")
            blocks.append(Prose((f"{title}: ", number, f" {fact.unit}: {fact.source}.")))
    return blocks
