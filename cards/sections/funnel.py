"""The funnel from what was read to what is in the corpus."""

from haybale.cards.blocks import Funnel, FunnelStep
from haybale.cards.card import Card
from haybale.cards.measures.attrition import STAGES

_STAGE_WORDS = {
    "ingest": "rules of ingest",
    "select": "not among the best by a classifier's score",
    "deduplicate": "duplicates",
    "repeats": "too little left after repeated passages were cut",
    "decontaminate": "holds items of evaluation sets",
    "tokenize": "tokenizing",
    "takedown": "taken down from the finished corpus",
}


def attrition_funnel(card: Card, caption: str, **of: str) -> Funnel:
    """Documents left after each stage.

    Args:
        card: Its facts.
        caption: Of the chart.
        **of: Empty, or the `subset` that is asked for.
    """
    left = whole = card.value("ingest.read.documents", **of)
    steps = []
    if unreadable := _unreadable(card, **of):
        left -= unreadable
        steps.append(FunnelStep("could not be read", unreadable, left))
    for stage in STAGES:
        stayed = card.value("attrition.left.documents", None, **of, stage=stage)
        if stayed is not None and (stage != "tokenize" or stayed != left):
            steps.append(FunnelStep(_STAGE_WORDS[stage], left - stayed, stayed))
            left = stayed
    return Funnel(caption, "documents", whole, tuple(steps))


def _unreadable(card: Card, **of: str) -> int:
    return sum(
        card.value("unreadable.records", subset=subset, rule=reason)
        for subset, reason in card.table("unreadable.records", "subset", "rule")
        if of.get("subset", subset) == subset
    )
