"""Who was removed more than others: shares lost, and rate ratios with their intervals."""

from haybale.cards.blocks import Bar, Bars, Block, Code, Number, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.fact import Fact
from haybale.cards.intervals import MIN_CELL
from haybale.cards.sections.cells import amount, by_size
from haybale.cards.sections.languages_lost import MAX_SHOWN, languages_lost, rest

_TERMS = (
    "English documents that mention a group, against English ones of the same subset that do not. "
    "A term says neither how a group is spoken of nor who speaks. Long documents mention more, and "
    "some rules fall on short ones, others on long ones: length alone moves these ratios."
)
_DOMAINS = (
    "Documents of a web domain that any stage took out, rules and deduplication alike, against "
    "those of all other web addresses. Here subsets are not kept apart: a domain shows what rules "
    "its subset has. Of single domains only those that have most text in the corpus were looked "
    "at: what was removed whole is not among them."
)
_KINDS = (
    ("dropped", "language", "Languages, dropped by rules", ""),
    ("removed", "language", "Languages, taken out later, as duplicates and the like", ""),
    ("dropped", "pronoun", "Pronouns, dropped by rules", _TERMS),
    ("dropped", "identity", "Groups of people, dropped by rules", _TERMS),
    ("lost", "top_level_domain", "Endings of web addresses, taken out by any stage", _DOMAINS),
    ("lost", "domain", "Web domains, taken out by any stage", _DOMAINS),
)


def section(card: Card) -> Section | None:
    """None where nothing was large enough to be compared."""
    tested = card.find("disparity.tested")
    lost = card.table("disparity.lost_fraction", "language")
    if tested is None or not (tested.value or lost):
        return None
    blocks: list[Block] = [*languages_lost(card)]
    if tested.value:
        blocks.append(_reading(tested))
    blocks += _not_compared(card)
    said = ""
    for outcome, label, caption, words in _KINDS:
        table = card.table(f"disparity.{outcome}", label)
        if table and words and words != said:
            blocks.append(Prose((words,)))
            said = words
        if table:
            facts = [table[key] for key in by_size(table)]
            blocks += _ratios(caption, f"disparity.{outcome}", label, facts)
    return Section("disparity", "Who was removed", [*blocks, *_by_rule(card)])


def _not_compared(card: Card) -> list[Block]:
    """That languages were taken out, but cannot be compared."""
    ways = (("dropped", "dropped by rules"), ("removed", "taken out later"))
    missing = [
        words
        for outcome, words in ways
        if not card.table(f"disparity.{outcome}", "language")
        and card.table(f"attrition.{outcome}.documents", "rule")
    ]
    if not missing:
        return []
    words = f"No language has a ratio for being {' or '.join(missing)}: in the subsets where "
    words += "documents were, nearly all are of one language, or too few were."
    return [Prose((words,))]


def _reading(tested: Fact) -> Prose:
    stray = f", here about {amount(tested) / 20:.0f}" if amount(tested) >= 20 else ""
    return Prose(
        (
            "A rate ratio says how much likelier a document of these was taken out than one of all "
            "others of the same subset, on average over subsets: 1 means as likely, 2 twice as "
            "likely. It says nothing of why. Lines are 95 % intervals. ",
            Number(tested),
            " ratios were looked at: were nobody treated differently, one in twenty intervals "
            f"would still leave out 1{stray}. Documents of one site are not independent of each "
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
    return [chart, *rest(len(facts), "ratios", measure)]


def _documents(fact: Fact) -> str:
    return f"{fact.n:,} documents"


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
    return [Table(caption, columns, rows), *rest(len(keys), "ratios", "disparity.dropped")]
