"""How long documents are."""

from haybale.cards.blocks import Block, Cell, Grid, Histogram, Number, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.sections.cells import cell

_UNITS = {"tokens": "tokens", "text_bytes": "bytes of text", "characters": "characters"}
_STATES = {"read": "as read", "corpus": "of the corpus"}
_STATISTICS = ("mean", "median", "p99")


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
                ". Medians and the longest hundredth are known to the bucket: the interval is "
                "certain.",
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
    """Small multiples, where there are several subsets."""
    charts = [
        chart for name in card.subsets for chart in _histogram(card, quantity, "corpus", name)
    ]
    return [Grid(tuple(charts))] if len(charts) > 1 else []


def _table(card: Card, quantities: list[str]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for quantity in quantities:
        for state, words in _STATES.items():
            whole = _row(card, quantity, {"state": state})
            rows.append((f"{_UNITS[quantity]} {words}, all", *whole))
            for subset in card.subsets if len(card.subsets) > 1 else ():
                cells = _row(card, quantity, {"state": state, "subset": subset})
                rows.append((f"{_UNITS[quantity]} {words}, {subset}", *cells))
    shown = tuple(row for row in rows if any(row[1:]))
    return Table("Means, medians and the longest hundredth", ("", *_STATISTICS), shown)


def _row(card: Card, quantity: str, of: dict[str, str]) -> list[Cell]:
    return [cell(card.find(f"lengths.{quantity}.{name}", **of)) for name in _STATISTICS]
