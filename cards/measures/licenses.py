"""What sources say of the licences of the corpus's documents, verbatim and by class."""

from collections.abc import Callable

from haybale.cards.fact import Fact, not_measured
from haybale.cards.inputs import CardInputs
from haybale.cards.license_classes import UNKNOWN, license_class
from haybale.cards.measured import LicenseCounts

STAGE = "tokenize"
UNITS = ("documents", "text_bytes", "tokens")
MAX_STATEMENTS = 50
"""Statements of a subset with a fact of their own, those with the most tokens first. Sources of
the web name authors and years in them, and no two are the same."""
ALL_OTHERS = "(all others)"

MEASURES = {
    f"license.{unit}": (
        f"{words} of the corpus by what their source says of their licence, word for word, and by "
        "the class that haybale.cards.license_classes puts these words into; unknown where it says "
        "nothing. Nobody checked what the sources say."
    )
    for unit, words in zip(UNITS, ("Documents", "Bytes of text", "Tokens"), strict=True)
}


def facts(inputs: CardInputs) -> list[Fact]:
    """Amounts by subset and statement, by class, and by subset and class."""
    rows = inputs.measured.licenses
    if not rows:
        why = "licences were not counted when this corpus was built"
        return [not_measured(f"license.{unit}", why, unit) for unit in UNITS]
    return [
        *_facts(rows, _statements(rows)),
        *_facts(rows, lambda row: {"license_class": _class_of(row)}),
        *_facts(rows, lambda row: {"subset": row.subset, "license_class": _class_of(row)}),
    ]


def _class_of(row: LicenseCounts) -> str:
    return row.license_class or license_class(row.license)


def _statements(rows: tuple[LicenseCounts, ...]) -> Callable[[LicenseCounts], dict[str, str]]:
    """Labels by statement; the small ones of a subset with many go together."""
    shown = set()
    for subset in {row.subset for row in rows}:
        of_subset = [row for row in rows if row.subset == subset and not row.license_class]
        of_subset.sort(key=lambda row: (-row.tokens, -row.documents, row.license))
        shown |= {(subset, row.license) for row in of_subset[:MAX_STATEMENTS]}

    def labels(row: LicenseCounts) -> dict[str, str]:
        if row.license_class or (row.subset, row.license) not in shown:
            return {"subset": row.subset, "license": ALL_OTHERS}
        return {"subset": row.subset, "license": row.license or UNKNOWN}

    return labels


def _facts(
    rows: tuple[LicenseCounts, ...], labels: Callable[[LicenseCounts], dict[str, str]]
) -> list[Fact]:
    sums: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}
    for row in rows:
        of = tuple(labels(row).items())
        for unit in UNITS:
            sums[unit, of] = sums.get((unit, of), 0) + getattr(row, unit)
    return [
        Fact(f"license.{unit}", total, unit, "exact", dict(of), STAGE)
        for (unit, of), total in sums.items()
    ]
