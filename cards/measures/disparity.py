"""Who was removed: how much likelier documents of some were taken out than all others were."""

from collections.abc import Iterator, Mapping

from haybale.cards.fact import Fact, derived
from haybale.cards.inputs import CardInputs
from haybale.cards.intervals import MIN_CELL
from haybale.cards.language_fates import Fate, Fates, language_fates
from haybale.cards.ledger_sums import UNKNOWN, LedgerSums
from haybale.cards.measured import DomainCounts, Domains
from haybale.cards.rate_ratios import (
    AGAINST_ALL,
    WITHIN_SUBSETS,
    Cell,
    Labels,
    Strata,
    ratio_facts,
    whole_of,
)
from haybale.corpus.ledger import Amount

LANGUAGE = "en"
"""Identity terms are English: texts of other languages would only blur who was dropped."""

IDENTITY, PRONOUN = "identity/", "identity/pronoun/"

_WITHIN = (
    "Compared within each subset, since every subset has its own rules; an average over subsets "
    "(Mantel-Haenszel)."
)

MEASURES = {
    "disparity.dropped": "How much likelier ingest dropped a document of these than one of all "
    "others: of a language; that mentions a group or a pronoun, among English ones; of a language "
    f"by one rule, as the first that failed it. {_WITHIN}",
    "disparity.removed": "How much likelier later stages took out a document of this language than "
    f"one of any other, of those that ingest kept. {_WITHIN}",
    "disparity.lost": "How much likelier any stage took out a document of these web addresses than "
    "one of all other web addresses, whatever their subsets: what rules a subset has counts in.",
    "disparity.lost_fraction": "Share of the documents read that are not in the corpus, "
    "unreadable ones left out; of a language, or of a language in a subset, of which at least "
    f"{MIN_CELL} were read.",
    "disparity.tested": "Ratios that were computed. Were nobody treated differently, about one in "
    "twenty of their intervals would still leave out 1.",
}


def facts(inputs: CardInputs) -> list[Fact]:
    """Rate ratios of languages, groups of people and web addresses, and shares lost.

    A ratio is given where both sides lost and kept at least MIN_CELL documents. Documents of one
    site are not independent, so intervals are too narrow where sites are large.
    """
    sums = LedgerSums(inputs.ledger)
    fates = language_fates(sums)
    ratios = [
        *_languages(fates),
        *_languages_by_rule(sums, fates),
        *_mentions(sums, fates),
        *_domains(inputs.measured.domains),
    ]
    return [*ratios, *_lost(fates), derived("disparity.tested", len(ratios), "ratios")]


def _languages(fates: Fates) -> Iterator[Fact]:
    """By ingest, and by later stages of what ingest kept."""
    for measure, stage, cell_of in (
        ("disparity.dropped", "ingest", Fate.by_ingest),
        ("disparity.removed", "", Fate.by_later_stages),
    ):
        cells = {
            language: {subset: cell_of(fate) for subset, fate in subsets.items()}
            for language, subsets in fates.items()
        }
        yield from _against_other_languages(measure, stage, cells)


def _languages_by_rule(sums: LedgerSums, fates: Fates) -> Iterator[Fact]:
    dropped = sums.by("rule", "language", "subset", outcomes=["dropped"])
    for rule in sorted({rule for rule, *_ in dropped}):
        cells = {
            language: {
                subset: Cell(
                    dropped.get((rule, language, subset), Amount()).documents, fate.by_ingest().of
                )
                for subset, fate in subsets.items()
            }
            for language, subsets in fates.items()
        }
        yield from _against_other_languages("disparity.dropped", "ingest", cells, ("rule", rule))


def _against_other_languages(
    measure: str, stage: str, cells: Mapping[str, Strata], *labels: tuple[str, str]
) -> Iterator[Fact]:
    """An unknown language is one of the others only."""
    subsets = {subset for strata in cells.values() for subset in strata}
    wholes = {
        subset: whole_of(strata[subset] for strata in cells.values() if subset in strata)
        for subset in subsets
    }
    known: dict[Labels, Strata] = {
        (*labels, ("language", language)): strata
        for language, strata in cells.items()
        if language != UNKNOWN
    }
    yield from ratio_facts(measure, stage, known, wholes, WITHIN_SUBSETS)


def _mentions(sums: LedgerSums, fates: Fates) -> Iterator[Fact]:
    """Of English documents that mention a group, against English ones that do not."""
    english = {subset: fate.by_ingest() for subset, fate in fates.get(LANGUAGE, {}).items()}
    found = sums.by("language", "rule", "subset", "outcome", outcomes=("found", "found_kept"))
    cells: dict[Labels, dict[str, Cell]] = {}
    for language, what, subset, outcome in found:
        if (language, outcome) != (LANGUAGE, "found") or not what.startswith(IDENTITY):
            continue
        num = found[language, what, subset, outcome].documents
        kept = found.get((language, what, subset, "found_kept"), Amount()).documents
        cells.setdefault((mention_label(what),), {})[subset] = Cell(num - kept, num)
    yield from ratio_facts("disparity.dropped", "ingest", cells, english, WITHIN_SUBSETS)


def mention_label(what: str) -> tuple[str, str]:
    """The label of a ratio, `pronoun` or `identity`, and its value, such as `religion/muslim@1`."""
    if what.startswith(PRONOUN):
        return "pronoun", what.removeprefix(PRONOUN)
    return "identity", what.removeprefix(IDENTITY)


def _domains(domains: Domains | None) -> Iterator[Fact]:
    """By any stage, among documents with a web address, whose subsets are not known."""
    if domains is None:
        return
    whole = {"": whole_of(map(_fate_of, domains.groups))}
    for label, counts in (("top_level_domain", domains.groups), ("domain", domains.top)):
        cells: dict[Labels, Strata] = {
            ((label, row.domain),): {"": _fate_of(row)} for row in counts
        }
        yield from ratio_facts("disparity.lost", "", cells, whole, AGAINST_ALL)


def _fate_of(row: DomainCounts) -> Cell:
    return Cell(row.documents_read - row.documents, row.documents_read)


def _lost(fates: Fates) -> Iterator[Fact]:
    for language, subsets in fates.items():
        together = Fate(*map(sum, zip(*subsets.values(), strict=True)))
        yield from _lost_fraction(together, language=language)
        for subset, fate in subsets.items():
            yield from _lost_fraction(fate, subset=subset, language=language)


def _lost_fraction(fate: Fate, **of: str) -> Iterator[Fact]:
    if (read := fate.by_ingest().of) >= MIN_CELL:
        share = round(1 - fate.left / read, 6)
        yield derived("disparity.lost_fraction", share, "fraction", **of)
