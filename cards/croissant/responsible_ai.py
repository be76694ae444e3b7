"""Responsible-AI properties of croissant.json (http://mlcommons.org/croissant/RAI/1.0).

Filled from the author's answers and the card's facts; a gap says that it is one.
"""

from collections.abc import Iterable

from haybale.cards.card import Card
from haybale.cards.measures.attrition import STAGES
from haybale.cards.page.numbers import value_text

_GAP = "The author did not say."
_MAX_LISTED = 5


def responsible_ai(card: Card) -> dict[str, str]:
    """Properties by their names in the specification."""
    declared = card.declared
    return {
        "rai:dataCollection": _collection(card),
        "rai:dataCollectionTimeframe": declared["collection_period"] or _GAP,
        "rai:dataCollectionRawData": _raw_data(card),
        "rai:dataPreprocessingProtocol": _preprocessing(card),
        "rai:dataUseCases": _answers(
            ("Intended use", declared["intended_use"]), ("Out of scope", declared["out_of_scope"])
        ),
        "rai:dataBiases": _biases(card),
        "rai:dataLimitations": _limitations(card),
        "rai:dataSocialImpact": declared["known_harms"] or _GAP,
        "rai:personalSensitiveInformation": _personal(card),
        "rai:dataReleaseMaintenancePlan": _answers(
            ("Maintenance", declared["maintenance"]), ("Contact and takedown", declared["contact"])
        ),
    }


def _answers(*answers: tuple[str, str]) -> str:
    return " ".join(f"{title}: {answer or _GAP}" for title, answer in answers)


def _collection(card: Card) -> str:
    declared = card.declared
    return _answers(
        ("Motivation", declared["motivation"]),
        ("Consent", declared["consent"]),
        ("Legal basis", declared["legal_basis"]),
    )


def _raw_data(card: Card) -> str:
    inputs = card.lineage["inputs"]
    files = sum(len(each) for each in inputs.values())
    num_bytes = sum(file["bytes"] for each in inputs.values() for file in each)
    return (
        f"{files:,} files of {num_bytes:,} bytes in {len(inputs):,} subsets; manifest.jsonl names "
        "each with its digest. They are not part of this data set."
    )


def _preprocessing(card: Card) -> str:
    """How much was left after each stage."""
    read = card.find("ingest.read.documents")
    if read is None:
        return "What was removed was not counted."
    left = {
        stage: fact for (stage,), fact in card.table("attrition.left.documents", "stage").items()
    }
    stages = [f"{left[stage].value:,} after {stage}" for stage in STAGES if stage in left]
    return (
        f"Of {read.value:,} documents read were left: {'; '.join(stages)}. The table rules has "
        "every rule; the recipe is in card.json."
    )


def _biases(card: Card) -> str:
    """The languages that were dropped most and least, against all others."""
    ratios = sorted(
        (
            (float(fact.value), language, fact.interval)
            for (language,), fact in card.table("disparity.dropped", "language").items()
            if isinstance(fact.value, int | float)
        ),
        reverse=True,
    )
    if not ratios:
        return (
            "How often each language was dropped was not compared: no subset has enough documents "
            "of two languages, dropped and kept."
        )
    named = [
        f"{language} {value_text(ratio, 'ratio')} times"
        + (f" ({interval[0]:.2f} to {interval[1]:.2f})" if interval else "")
        for ratio, language, interval in ratios[:_MAX_LISTED]
    ]
    return (
        "Rules drop some languages more often than others. Compared with all other documents of "
        f"the same subset, as often dropped: {', '.join(named)}; card.json has every language, and "
        "terms and domains too. Languages are as identified, which errs most on short texts."
    )


def _limitations(card: Card) -> str:
    gaps = [fact for fact in card.facts.values() if fact.how == "not_measured"]
    reasons = dict.fromkeys(fact.why_missing for fact in gaps if fact.measure != "declared.answer")
    listed = "; ".join(reasons) or "nothing that was looked for"
    return f"{len(gaps):,} questions have no answer in card.json. Not measured: {listed}."


def _personal(card: Card) -> str:
    found = card.table("people.documents", "what")
    items = _counts(
        (what, fact.value) for (what,), fact in found.items() if what.startswith("personal_data/")
    )
    if not items:
        return (
            "Nothing was looked for, or no pattern was found; that is no proof of absence. Text of "
            "the web holds personal data."
        )
    return (
        f"Documents read in which a pattern was found: {items}. Patterns err both ways; what they "
        "do not look for was not counted."
    )


def _counts(found: Iterable[tuple[str, object]]) -> str:
    return ", ".join(f"{what} {count:,}" for what, count in sorted(found) if isinstance(count, int))
