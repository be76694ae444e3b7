"""What a card tells of evaluation items that stand in the corpus."""

from collections.abc import Mapping

from haybale.cards.fact import Fact, exact

STAGE = "decontaminate"
MISSING = "contamination.benchmarks"
WHY_MISSING = "the corpus was not compared with any benchmark"

UNITS = {
    "items": "items",
    "items_not_searched": "items",
    "items_found": "items",
    "items_contaminated": "items",
    "documents_contaminated": "documents",
}
"""Counts of each evaluation set: its items; those too short to be looked for, or of common n-grams
only; those of which any n-gram stands in a document; those of which enough does; and the documents
in which enough of any item stands, before any of them was dropped or cut."""


def contamination_facts(counts: Mapping[str, Mapping[str, int]]) -> list[Fact]:
    """Facts of each evaluation set.

    Args:
        counts: Set to the counts of UNITS; empty where nothing was compared.
    """
    if not counts:
        return [Fact(MISSING, None, "", "not_measured", why_missing=WHY_MISSING)]
    return [
        exact(f"contamination.{name}.{count}", numbers[count], unit, STAGE)
        for name, numbers in sorted(counts.items())
        for count, unit in UNITS.items()
    ]
