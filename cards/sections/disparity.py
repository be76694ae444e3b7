"""Who was removed more than others: shares lost, and rate ratios with their intervals."""

from haybale.cards.blocks import Bar, Bars, Block, Code, Inline, Number, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.fact import Fact
from haybale.cards.intervals import MIN_CELL
from haybale.cards.sections.cells import amount, by_size

MAX_SHOWN = 20
"""Ratios drawn of each kind, the largest; card.json has all."""

_LANGUAGES = (
    "Languages are as identified, which errs most on short texts. A ratio says nothing of why: "
    "rules made for one language misjudge others."
)
_TERMS = (
    "English documents that mention a group, against English ones that do not. A term says neither "
    "how a group is spoken of nor who speaks. Long documents mention more and are seldom too "
    "short, which alone makes ratios small."
)
_DOMAINS = (
    "Documents of a web domain that any stage took out, rules and deduplication alike, against "
    "those of all other web addresses. Of single domains only those that have most text in the "
    "corpus were looked at: what was removed whole is not among them."
)
_KINDS = (
    ("dropped", "language", "Languages, dropped by rules", _LANGUAGES),
    ("removed", "language", "Languages, taken out later, as duplicates and the like", ""),
    ("dropped", "pronoun", "Pronouns, dropped by rules", _TERMS),
    ("dropped", "identity", "Groups of people, dropped by rules", ""),
    ("lost", "top_level_domain", "Endings of web addresses, taken out by any stage", _DOMAINS),
    ("lost", "domain", "Web domains, taken out by any stage", ""),
)


def section(card: Card) -> Section | None:
    """None where nothing was large enough to be compared."""
    tested = card.find("disparity.tested")
    lost = card.table("disparity.lost_fraction", "language")
    if tested is None or not (tested.value or lost):
        return None
    blocks: list[Block] = [*_lost(lost)]
    if tested.value:
        blocks.append(_reading(tested))
    for outcome, label, caption, words in _KINDS:
        table = card.table(f"disparity.{outcome}", label)
        if table and words:
            blocks.append(Prose((words,)))
        if table:
            facts = [table[key] for key in by_size(table)]
            blocks += _ratios(caption, f"disparity.{outcome}", label, facts)
    return Section("disparity", "Who was removed", [*blocks, *_by_rule(card)])


def _lost(table: dict[tuple[str, ...], Fact]) -> list[Block]:
    """Shares of documents of each language that are not in the corpus."""
    names = by_size(table)
    if not names:
        return []
    bars = tuple(Bar(key[0], 100 * amount(table[key])) for key in names[:MAX_SHOWN])
    caption = "Documents read of each language that are not in the corpus, those that lost most"
    chart = Bars(caption, "% of documents read", bars)
    return [chart, *_rest(len(names), "languages", "disparity.lost_fraction")]


def _reading(tested: Fact) -> Prose:
    stray = f", here about {amount(tested) / 20:.0f}" if amount(tested) >= 20 else ""
    return Prose(
        (
            "A rate ratio says how much likelier a document of these was taken out than one of all "
            "others: 1 means as likely, 2 twice as likely. Lines are 95 % intervals. ",
            Number(tested),
            " ratios were looked at: were nobody treated differently, one in twenty would stray "
            f"from 1 by chance alone{stray}. Documents of one site are not independent of each "
            "other, so the intervals are too narrow where sites are large. With fewer than "
            f"{MIN_CELL} documents on any side there is no ratio.",
        )
    )


def _ratios(caption: str, measure: str, label: str, facts: list[Fact]) -> list[Block]:
    bars = tuple(
        Bar(fact.of[label], amount(fact), _documents(fact), fact.interval)
        for fact in facts[:MAX_SHOWN]
    )
    chart = Bars(caption, "rate ratio", bars, baseline=1)
    return [chart, *_rest(len(facts), "ratios", measure)]


def _documents(fact: Fact) -> str:
    return f"{fact.n:,} documents"


def _rest(num: int, what: str, measure: str) -> list[Block]:
    if num <= MAX_SHOWN:
        return []
    rest = f"{num - MAX_SHOWN:,} more {what} are in card.json under "
    parts: tuple[Inline, ...] = (rest, Code(measure), ".")
    return [Prose(parts)]


def _by_rule(card: Card) -> list[Block]:
    """Which rule fell on which language."""
    table = card.table("disparity.dropped", "rule", "language")
    if not table:
        return []
    keys = by_size(table)
    rows = tuple(
        (Code(rule), language, Number(table[rule, language], "ratio"))
        for rule, language in keys[:MAX_SHOWN]
    )
    columns = ("rule", "language", "rate ratio")
    caption = "Rules that fell on one language more than on others, the largest ratios"
    return [Table(caption, columns, rows), *_rest(len(keys), "ratios", "disparity.dropped")]
