"""The laws that decisions on documents keep, language by language and rule by rule."""

from haybale.cards.ledger_sums import LedgerSums
from haybale.cards.measures.attrition import STAGES
from haybale.corpus.errors import HaybaleError
from haybale.corpus.ledger import Amount, Ledger, Outcome

_CAME: tuple[Outcome, ...] = ("read", "kept", "dropped", "unreadable", "removed")
_PARTS: tuple[tuple[Outcome, Outcome], ...] = (
    ("barely_hit", "hit"),
    ("found_kept", "found"),
)
"""Outcomes of a rule and what they are some of."""


def check_decisions(ledger: Ledger) -> None:
    """Check that no language loses documents without account, and that no part is above its whole.

    Raises:
        HaybaleError: Naming both sides of the first law that is broken.
    """
    sums = LedgerSums(ledger)
    _check_languages(sums, ledger.last_stage)
    for part, whole in _PARTS:
        parts, wholes = (sums.by("subset", "rule", outcomes=[one]) for one in (part, whole))
        for (subset, rule), amount in parts.items():
            above = wholes.get((subset, rule), Amount()).documents
            if amount.documents > above:
                name = f"documents {part} by {rule}"
                raise defect(subset, f"{amount.documents} {name}", f"{above} {whole}")


def _check_languages(sums: LedgerSums, last: str) -> None:
    """What came to a stage in a language was kept or taken out by it: subsets' law is not enough.

    A language that is found or lost between stages would make rates of removal wrong.
    """
    amounts = sums.by("subset", "language", "stage", "outcome", outcomes=_CAME)
    present = {(subset, stage) for subset, _, stage, _ in amounts}
    for subset, language in sorted({key[:2] for key in amounts}):

        def count(stage: str, *outcomes: str, of: tuple[str, str] = (subset, language)) -> int:
            return sum(amounts.get((*of, stage, one), Amount()).documents for one in outcomes)

        came = count("ingest", "read")
        # There is a corpus, so every subset came to its end, with nothing left or with all of it.
        for stage in (name for name in STAGES if (subset, name) in present or name == last):
            went = count(stage, "kept", "dropped", "unreadable", "removed")
            if went != came:
                name = f"documents in language {language}"
                raise defect(subset, f"{came} {name} came to {stage}", f"{went} were decided on")
            came = count(stage, "kept")


def defect(subset: str, left: str, right: str) -> HaybaleError:
    """Of two numbers that should agree."""
    return HaybaleError(
        f"card, subset {subset}: {left}, but {right}; this is a defect of haybale, no card was "
        "written: please report it"
    )
