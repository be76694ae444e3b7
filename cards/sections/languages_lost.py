"""Which languages lost most, over all and subset by subset."""

from haybale.cards.blocks import Bar, Bars, Block, Code, Inline, Number, Prose, Table
from haybale.cards.card import Card
from haybale.cards.intervals import MIN_CELL
from haybale.cards.ledger_sums import UNKNOWN
from haybale.cards.sections.cells import amount, by_size

MAX_SHOWN = 20
"""Of each list, the largest; card.json has all."""

_SHARES = (
    "Shares are over all stages. Each subset has its own rules and sources, so a language loses "
    "most where it stands in strict or much copied ones; the second table keeps subsets apart. "
    "Languages are as identified, which errs most on short texts."
)


def languages_lost(card: Card) -> list[Block]:
    """Shares of each language's documents that are not in the corpus; empty where none is known."""
    lost = card.table("disparity.lost_fraction", "language")
    table = {key: fact for key, fact in lost.items() if key != (UNKNOWN,)}
    if not table:
        return []
    names = [key for key in by_size(table) if amount(table[key])]
    bars = tuple(Bar(key[0], 100 * amount(table[key])) for key in names[:MAX_SHOWN])
    caption = "Documents read of each language that are not in the corpus, those that lost most"
    chart = [Bars(caption, "% of documents read", bars)] if bars else []
    none = len(table) - len(names)
    words = (
        f"Of {len(table):,} languages with at least {MIN_CELL} documents read, {none:,} lost none. "
    )
    return [
        *chart,
        *rest(len(names), "languages", "disparity.lost_fraction"),
        Prose((words + _SHARES,)),
        *_by_subset(card),
    ]


def _by_subset(card: Card) -> list[Block]:
    """The same where a language lost most, subset by subset; nothing for one subset alone."""
    table = card.table("disparity.lost_fraction", "subset", "language")
    keys = [key for key in by_size(table) if key[1] != UNKNOWN and amount(table[key])]
    if len(card.subsets) < 2 or not keys:
        return []
    rows = tuple(
        (Code(subset), language, Number(table[subset, language], "percent"))
        for subset, language in keys[:MAX_SHOWN]
    )
    caption = "Languages by subset, those that lost most"
    return [
        Table(caption, ("subset", "language", "lost"), rows),
        *rest(len(keys), "rows", "disparity.lost_fraction"),
    ]


def rest(num: int, what: str, measure: str) -> list[Block]:
    """Where to find what is not shown of so many."""
    if num <= MAX_SHOWN:
        return []
    rest = f"{num - MAX_SHOWN:,} more {what} are in card.json under "
    parts: tuple[Inline, ...] = (rest, Code(measure), ".")
    return [Prose(parts)]
