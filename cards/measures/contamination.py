"""Evaluation items that stand in the text, by evaluation set."""

from haybale.cards.fact import Fact, derived, exact, not_measured
from haybale.cards.inputs import CardInputs

STAGE = "decontaminate"
GAP = "contamination.benchmarks"
WHY_MISSING = "the corpus was not compared with any benchmark: add [[decontaminate.sets]]"

_COUNTS = {
    "items": ("items", "Items of an evaluation set."),
    "items_not_searched": (
        "items",
        "Items that were not looked for: too short, or of n-grams only that stand in too many "
        "documents.",
    ),
    "items_found": ("items", "Items of which at least one n-gram stands in a document."),
    "items_contaminated": (
        "items",
        "Items of which a document holds enough: n-grams of words at the recipe's threshold.",
    ),
    "documents_contaminated": (
        "documents",
        "Documents that hold enough of an item, before any of them was dropped or cut.",
    ),
}
MEASURES = {
    GAP: "Items of any benchmark that stand in the text.",
    **{f"contamination.{name}": sentence for name, (_, sentence) in _COUNTS.items()},
    "contamination.items_searched": "Items that were looked for.",
    "contamination.documents_dropped": "Documents that were dropped for the sake of the set.",
    "contamination.documents_cut": (
        "Kept documents that the words of the set's items were cut out of."
    ),
    "contamination.documents_left": (
        "Contaminated documents that were neither dropped nor cut for the sake of the set. At most "
        "so many are in the corpus: another set may have removed them."
    ),
}


def facts(inputs: CardInputs) -> list[Fact]:
    """Counts of each set, or the gap where nothing was compared."""
    if not inputs.contamination:
        return [not_measured(GAP, WHY_MISSING)]
    found = []
    for name, counts in sorted(inputs.contamination.items()):
        of = {"set": name}
        for count, (unit, _) in _COUNTS.items():
            found.append(exact(f"contamination.{count}", counts[count], unit, STAGE, **of))
        searched = counts["items"] - counts["items_not_searched"]
        found.append(derived("contamination.items_searched", searched, "items", STAGE, **of))
        left = counts["documents_contaminated"]
        for outcome, measure in (("removed", "documents_dropped"), ("edited", "documents_cut")):
            number = _documents(inputs, outcome, name)
            left -= number
            found.append(exact(f"contamination.{measure}", number, "documents", STAGE, **of))
        found.append(derived("contamination.documents_left", left, "documents", STAGE, **of))
    return found


def _documents(inputs: CardInputs, outcome: str, name: str) -> int:
    """Documents that the set's rule dropped or cut, whatever its version."""
    return sum(
        amount.documents
        for account, amount in inputs.ledger.rows()
        if (account.stage, account.outcome) == (STAGE, outcome)
        and account.rule.rpartition("@")[0] == f"contamination/{name}"
    )
