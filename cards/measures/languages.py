"""Languages of the corpus, as identified."""

from haybale.cards.fact import Fact, exact, not_measured
from haybale.cards.inputs import CardInputs
from haybale.cards.intervals import MIN_CELL
from haybale.corpus.ledger import Amount

STAGE = "tokenize"
UNITS = ("documents", "text_bytes", "tokens")
UNKNOWN = "unknown"

DETECTOR = "fastText on the first 2,000 characters; else what the source says"

MEASURES = {
    **{
        f"language.{unit}": (
            f"{words} whose most likely language is this one, by {DETECTOR}. Short texts and "
            "small languages are mistaken most."
        )
        for unit, words in (
            ("documents", "Documents of the corpus"),
            ("text_bytes", "Bytes of text of documents"),
            ("tokens", "Tokens of documents"),
        )
    },
    "languages.found": "Languages with at least one document, the unknown not among them.",
    "languages.frequent": f"Of these, languages of at least {MIN_CELL} documents: one of "
    "fewer may not be there at all, but a mistake of the detector.",
    "languages.precision": "Share of documents whose language is the one that was identified.",
}


def facts(inputs: CardInputs) -> list[Fact]:
    """Documents, bytes and tokens of each language, over all subsets."""
    amounts: dict[str, Amount] = {}
    last = inputs.ledger.last_stage
    for account, amount in inputs.ledger.rows():
        if (account.stage, account.outcome) == (last, "kept") and amount.documents:
            language = account.language or UNKNOWN
            amounts[language] = amounts.get(language, Amount()) + amount
    known = {language: amount for language, amount in amounts.items() if language != UNKNOWN}
    frequent = sum(amount.documents >= MIN_CELL for amount in known.values())
    return [
        *(
            exact(f"language.{unit}", getattr(amount, unit), unit, STAGE, language=language)
            for language, amount in amounts.items()
            for unit in UNITS
        ),
        exact("languages.found", len(known), "languages", STAGE),
        exact("languages.frequent", frequent, "languages", STAGE),
        not_measured(
            "languages.precision",
            "no person has checked a sample of the languages identified",
        ),
    ]
