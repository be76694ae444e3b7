"""Who was removed: how much likelier documents of some were taken out than all others were."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from haybale.cards.fact import Fact, derived
from haybale.cards.inputs import CardInputs
from haybale.cards.intervals import MIN_CELL
from haybale.cards.ledger_sums import UNKNOWN, LedgerSums
from haybale.cards.measured import DomainCounts, Domains
from haybale.cards.measures.attrition import STAGES
from haybale.cards.rate_ratios import Cell, Labels, ratio_facts, whole_of
from haybale.corpus.ledger import Amount

LANGUAGE = "en"
"""Identity terms are English: texts of other languages would only blur who was dropped."""

IDENTITY, PRONOUN = "identity/", "identity/pronoun/"

MEASURES = {
    "disparity.dropped": "How much likelier ingest dropped a document of these than one of all "
    "others: of a language; that mentions a group or a pronoun, among English ones; of a language "
    "by one rule, as the first that failed it.",
    "disparity.removed": "How much likelier later stages took out a document of this language than "
    "one of any other, of those that ingest kept.",
    "disparity.lost": "How much likelier any stage took out a document of these web addresses than "
    "one of all other web addresses.",
    "disparity.lost_fraction": "Documents read that are not in the corpus, per document read, "
    f"unreadable ones left out; languages of at least {MIN_CELL} documents.",
    "disparity.tested": "Ratios that were computed: about one in twenty of them strays from 1 by "
    "chance alone.",
}


def facts(inputs: CardInputs) -> list[Fact]:
    """Rate ratios of languages, groups of people and web addresses.

    A ratio is given where both sides lost and kept at least MIN_CELL documents. Documents of one
    site are not independent, so intervals are too narrow where sites are large.
    """
    sums = LedgerSums(inputs.ledger)
    fates = _fates(sums)
    ratios = [
        *_languages(fates),
        *_languages_by_rule(sums, fates),
        *_mentions(sums, fates),
        *_domains(inputs.measured.domains),
    ]
    return [*ratios, *_lost(fates), derived("disparity.tested", len(ratios), "ratios")]


class _Fate(NamedTuple):
    """What became of a language's documents."""

    dropped: int
    kept: int
    left: int


def _fates(sums: LedgerSums) -> dict[str, _Fate]:
    """Of each language: dropped and kept by ingest, and left at the end."""
    amounts = sums.by("stage", "outcome", "language", outcomes=("read", "kept", "dropped"))
    present = {stage for stage, _, _ in amounts}
    last = next((stage for stage in reversed(STAGES) if stage in present), "ingest")
    return {
        language: _Fate(
            *(
                amounts.get((stage, outcome, language), Amount()).documents
                for stage, outcome in (("ingest", "dropped"), ("ingest", "kept"), (last, "kept"))
            )
        )
        for stage, outcome, language in amounts
        if (stage, outcome) == ("ingest", "read")
    }


def _languages(fates: Mapping[str, _Fate]) -> Iterator[Fact]:
    """By ingest, and by later stages of what ingest kept; an unknown language is one of others."""
    ingest = {name: Cell(fate.dropped, fate.dropped + fate.kept) for name, fate in fates.items()}
    later = {name: Cell(fate.kept - fate.left, fate.kept) for name, fate in fates.items()}
    for measure, stage, cells in (
        ("disparity.dropped", "ingest", ingest),
        ("disparity.removed", "", later),
    ):
        known: dict[Labels, Cell] = {
            (("language", name),): cell for name, cell in cells.items() if name != UNKNOWN
        }
        yield from ratio_facts(measure, stage, known, whole_of(cells.values()))


def _languages_by_rule(sums: LedgerSums, fates: Mapping[str, _Fate]) -> Iterator[Fact]:
    rules: dict[str, dict[str, int]] = {}
    for (rule, language), amount in sums.by("rule", "language", outcomes=["dropped"]).items():
        rules.setdefault(rule, {})[language] = amount.documents
    for rule, dropped in rules.items():
        cells = {
            name: Cell(dropped.get(name, 0), fate.dropped + fate.kept)
            for name, fate in fates.items()
        }
        known: dict[Labels, Cell] = {
            (("rule", rule), ("language", name)): cell
            for name, cell in cells.items()
            if name != UNKNOWN
        }
        yield from ratio_facts("disparity.dropped", "ingest", known, whole_of(cells.values()))


def _mentions(sums: LedgerSums, fates: Mapping[str, _Fate]) -> Iterator[Fact]:
    """Of English documents that mention a group, against English ones that do not."""
    english = fates.get(LANGUAGE)
    if english is None:
        return
    found = sums.by("language", "rule", "outcome", outcomes=("found", "found_kept"))
    cells: dict[Labels, Cell] = {}
    for language, what, outcome in found:
        if (language, outcome) != (LANGUAGE, "found") or not what.startswith(IDENTITY):
            continue
        num = found[language, what, outcome].documents
        kept = found.get((language, what, "found_kept"), Amount()).documents
        cells[(mention_label(what),)] = Cell(num - kept, num)
    whole = Cell(english.dropped, english.dropped + english.kept)
    yield from ratio_facts("disparity.dropped", "ingest", cells, whole)


def mention_label(what: str) -> tuple[str, str]:
    """The label of a ratio, `pronoun` or `identity`, and its value, such as `religion/muslim@1`."""
    if what.startswith(PRONOUN):
        return "pronoun", what.removeprefix(PRONOUN)
    return "identity", what.removeprefix(IDENTITY)


def _domains(domains: Domains | None) -> Iterator[Fact]:
    """By any stage, among documents with a web address."""
    if domains is None:
        return
    whole = whole_of(map(_fate_of, domains.groups))
    for label, counts in (("top_level_domain", domains.groups), ("domain", domains.top)):
        cells: dict[Labels, Cell] = {((label, row.domain),): _fate_of(row) for row in counts}
        yield from ratio_facts("disparity.lost", "", cells, whole)


def _fate_of(row: DomainCounts) -> Cell:
    return Cell(row.documents_read - row.documents, row.documents_read)


def _lost(fates: Mapping[str, _Fate]) -> Iterator[Fact]:
    for language, (dropped, kept, left) in fates.items():
        if (read := dropped + kept) >= MIN_CELL:
            share = round(1 - left / read, 6)
            yield derived("disparity.lost_fraction", share, "fraction", language=language)
