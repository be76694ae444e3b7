"""What a person said of removals, and of documents that were kept."""

from collections.abc import Iterator, Mapping
from typing import Any

from haybale.cards.audit.bound import bounds
from haybale.cards.audit.question import VERDICTS
from haybale.cards.fact import Fact, not_measured
from haybale.cards.inputs import CardInputs

MEASURES = {
    "audit.precision": "Share of the documents that a stage or rule removed of which a person "
    "says that this was right; of the stage kept, of documents of the corpus that they belong "
    "there. From a uniform sample; verdicts of unsure are left out of the share, and the interval "
    "holds whatever they may be.",
    "audit.lower_bound": "At least so much of them is right, at the confidence that the "
    "audit asked for.",
    "audit.population": "Documents that were drawn from.",
    "audit.verdicts": "Documents that a person judged, by verdict.",
}

_CONFIDENCE = 0.95
"""Of all intervals of a card."""


def facts(inputs: CardInputs) -> list[Fact]:
    """The verdicts on each stage or rule, and what follows from them; else the gap."""
    if not inputs.audits:
        why = "no person judged a sample; haybale card audit draws one"
        return [not_measured("audit.precision", why, "fraction")]
    return [fact for audit in inputs.audits for fact in _facts(audit)]


def _facts(audit: Mapping[str, Any]) -> Iterator[Fact]:
    stage, population = audit["stage"], audit["population"]
    of = {"stage": stage, **({"rule": audit["rule"]} if audit["rule"] else {})}
    right, wrong, unsure = (audit[verdict] for verdict in VERDICTS)
    num = right + wrong + unsure

    def interval(confidence: float) -> tuple[float, float]:
        low, _ = bounds(right, num, population, confidence)
        _, high = bounds(right + unsure, num, population, confidence)
        return round(low, 6), round(high, 6)

    yield Fact(
        "audit.precision",
        round(right / (right + wrong), 6),
        "fraction",
        "sample",
        of,
        stage,
        interval(_CONFIDENCE),
        num,
        "exact interval of a draw without replacement: Wright 1991",
    )
    source = f"lower end of the interval at {100 * audit['confidence']:g} %"
    low, _ = interval(audit["confidence"])
    yield Fact("audit.lower_bound", low, "fraction", "derived", of, stage, source=source)
    yield Fact("audit.population", population, "documents", "exact", of, stage)
    for verdict in VERDICTS:
        yield Fact(
            "audit.verdicts",
            audit[verdict],
            "documents",
            "declared",
            {**of, "verdict": verdict},
            stage,
        )
