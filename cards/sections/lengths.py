"""How long documents are."""

from haybale.cards.blocks import Block, Cell, Code, Grid, Histogram, Number, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.sections.cells import by_size, cell

_UNITS = {"tokens": "tokens", "text_bytes": "bytes of text", "characters": "characters"}
_STATES = {"read": "as read", "corpus": "of the corpus"}
_STATISTICS = {"mean": "mean", "median": "half have at most", "p99": "99 % have at most"}
MAX_CHARTS = 4
"""Subsets whose lengths are drawn, those with most documents."""


def section(card: Card) -> Section | None:
    """Histograms and quantiles; None where no lengths were counted."""
    quantities = [
        name for name in _UNITS if card.find(f"lengths.{name}", state="corpus") is not None
    ]
    if not quantities:
        return None
    main = quantities[0]
    blocks: list[Block] = [
        *_sentence(card, main),
        *(_histogram(card, main, "corpus")),
        *_states(card, quantities),
        _table(card, quantities),
        *_subsets(card, main),
    ]
    return Section("lengths", "Lengths of documents", blocks)


def _sentence(card: Card, quantity: str) -> list[Block]:
    median, longest = (
        card.find(f"lengths.{quantity}.{name}", state="corpus") for name in ("median", "p99")
    )
    if median is None or longest is None:
        return []
    unit = _UNITS[quantity]
    return [
        Prose(
            (
                "Half of the documents have at most about ",
                Number(median),
                f" {unit}; one in a hundred has more than about ",
                Number(longest),
                ". Both are known to a bucket of the counts: they surely lie in the interval.",
            )
        )
    ]


def _histogram(card: Card, quantity: str, state: str, subset: str = "") -> list[Histogram]:
    of = {"state": state, **({"subset": subset} if subset else {})}
    fact = card.find(f"lengths.{quantity}", **of)
    if fact is None or not isinstance(fact.value, dict):
        return []
    unit, whose = _UNITS[quantity], f"of {subset}" if subset else _STATES[state]
    buckets = tuple((low, high, count) for low, high, count in fact.value["buckets"])
    return [Histogram(f"Documents {whose} by {unit}", unit, "documents", buckets)]


def _states(card: Card, quantities: list[str]) -> list[Block]:
    """What reading and removing did to lengths, side by side."""
    for quantity in quantities:
        charts = [chart for state in _STATES for chart in _histogram(card, quantity, state)]
        if len(charts) == len(_STATES):
            return [Grid(tuple(charts))]
    return []


def _subsets(card: Card, quantity: str) -> list[Block]:
    """Small multiples of the largest subsets, where there are several."""
    names = [name for (name,) in by_size(card.table("corpus.documents", "subset"))]
    charts = [
        chart
        for name in names or card.subsets
        for chart in _histogram(card, quantity, "corpus", name)
    ]
    if len(charts) < 2:
        return []
    blocks: list[Block] = [Grid(tuple(charts[:MAX_CHARTS]))]
    if num_others := len(charts[MAX_CHARTS:]):
        words = f"{num_others:,} more subsets are in card.json under "
        blocks.append(Prose((words, Code(f"lengths.{quantity}"), ".")))
    return blocks


def _table(card: Card, quantities: list[str]) -> Table:
    """A row for all and for each subset; of all but the main quantity the median alone."""
    main = quantities[0]
    columns = [(main, "corpus", name) for name in _STATISTICS]
    columns += [
        (quantity, state, "median")
        for quantity in quantities
        for state in _STATES
        if (quantity, state) != (main, "corpus")
        and card.find(f"lengths.{quantity}.median", state=state)
    ]
    names = card.subsets if len(card.subsets) > 1 else []
    rows: list[tuple[Cell, ...]] = [("all", *_row(card, columns, {}))]
    rows += [(Code(name), *_row(card, columns, {"subset": name})) for name in names]
    heads = (f"{_STATISTICS[name]}, {_UNITS[of]} {_STATES[state]}" for of, state, name in columns)
    shown = tuple(row for row in rows if any(row[1:]))
    return Table("How long documents are", ("", *heads), shown)


def _row(card: Card, columns: list[tuple[str, str, str]], of: dict[str, str]) -> list[Cell]:
    return [
        cell(card.find(f"lengths.{quantity}.{name}", state=state, **of))
        for quantity, state, name in columns
    ]
