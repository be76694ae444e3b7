"""What changed since an earlier version of the corpus, where the card was compared with one."""

from collections.abc import Mapping, Sequence
from typing import Any

from haybale.cards.blocks import Block, Code, Inline, Prose, Section, Table
from haybale.cards.card import Card

MAX_ROWS = 40
"""Of a table; card.json has all."""


def section(card: Card) -> Section | None:
    """Documents that left and came, settings and inputs that changed, numbers that moved."""
    changes = card.raw.get("changes")
    if changes is None:
        return None
    blocks: list[Block] = [
        Prose(("Compared with the card of ", Code(changes["from"]["name"]), ", whose digest is ",
               Code(changes["from"]["card"]), ".")),
        Prose((turnover_sentence(changes["documents"]),)),
        *_settings(changes["settings"]),
        *_inputs(changes["inputs"]),
        *_moved(changes["facts"]),
    ]  # fmt: skip
    return Section("changes", "What changed since the last version", blocks)


def turnover_sentence(documents: Mapping[str, Any]) -> str:
    """How many documents stayed, left and came, and how it is known."""
    before, after = documents["before"], documents["after"]
    if documents["how"] == "bounds":
        return (
            f"The earlier version has {before:,} documents, this one {after:,}; at most "
            f"{documents['high']:,} of them can be the same. Their ids were not at hand."
        )
    stayed = documents["stayed"]
    counts = f"{stayed:,} documents stayed, {before - stayed:,} left, {after - stayed:,} came"
    if documents["how"] == "exact":
        return f"{counts}: every id was compared. {_BY_PLACE}"
    return (
        f"About {counts}: from a sample of {documents['n']:,} ids, by which "
        f"{documents['low']:,} to {documents['high']:,} stayed (95 %). {_BY_PLACE}"
    )


_BY_PLACE = "An id tells where in its source a document stands, not what it says."


def _settings(settings: Sequence[Mapping[str, Any]]) -> list[Block]:
    rows = [
        (Code(line["name"]), _value(line["before"]), _value(line["after"])) for line in settings
    ]
    return _table("Settings, versions and models that changed", ("", "before", "after"), rows)


def _inputs(inputs: Mapping[str, Sequence[str]]) -> list[Block]:
    rows = [
        (Code(name), {"gone": "gone", "new": "new", "changed": "of another content"}[what])
        for what, names in inputs.items()
        for name in names
    ]
    return _table("Input files", ("file", ""), rows)


def _moved(facts: Mapping[str, Any]) -> list[Block]:
    rows = [
        (Code(fact["id"]), shown_value(fact["before"]), shown_value(fact["after"]), change(fact))
        for fact in facts["moved"]
    ]
    blocks = _table("Numbers that moved", ("fact", "before", "after", "change"), rows)
    for what in ("gone", "new"):
        if facts[what]:
            word = "only in the earlier card" if what == "gone" else "only in this card"
            blocks.append(Prose((f"{len(facts[what]):,} facts are {word}.",)))
    return blocks


def change(fact: Mapping[str, Any]) -> str:
    """The relative change in words, and whether estimates may agree after all."""
    words = [] if fact["relative"] is None else [f"{fact['relative']:+.1%}".replace("%", " %")]
    if fact["intervals_overlap"]:
        words.append("within both intervals")
    return ", ".join(words)


def shown_value(value: Any) -> str:
    """A value in a cell; of a histogram that it is one."""
    if isinstance(value, Mapping):
        return "another distribution"
    if isinstance(value, int | float):
        return f"{value:,}"
    return "not measured" if value is None else str(value)


def _value(value: str | None) -> Inline:
    return "" if value is None else Code(value)


def _table(
    caption: str, columns: tuple[str, ...], rows: Sequence[tuple[Inline, ...]]
) -> list[Block]:
    if not rows:
        return []
    blocks: list[Block] = [Table(caption, columns, tuple(rows[:MAX_ROWS]))]
    if len(rows) > MAX_ROWS:
        rest = f"{len(rows) - MAX_ROWS:,} more are in card.json under "
        blocks.append(Prose((rest, Code("changes"), ".")))
    return blocks
