"""What no build of Haybale measures, and why: the same gaps in every card."""

from haybale.cards.fact import Fact, not_measured
from haybale.cards.inputs import CardInputs

_LIMITS = {
    "provenance.consent": (
        "Documents whose authors agreed to this use.",
        "no pipeline can measure whether authors consented",
    ),
    "provenance.authors": (
        "Who wrote the text, where and when.",
        "sources name no authors; the date of a crawl is not the date of writing",
    ),
    "provenance.true_license": (
        "Documents whose licence is what their source says it is.",
        "licences are what sources state; nobody checked them",
    ),
    "provenance.machine_written": (
        "Documents written by a machine.",
        "no detector of machine-written text ran",
    ),
    "provenance.filtered_before": (
        "Text that whoever made the sources left out of them.",
        "what was never crawled, or was filtered before it came here, leaves no trace in the files",
    ),
    "sensitive.toxicity": (
        "Documents that insult, threaten or demean.",
        "no score of toxicity is kept; a list of words, where one is used, counts words only",
    ),
    "content.accuracy": (
        "Statements in the text that are true.",
        "nothing here checks what texts say",
    ),
    "training.effects": (
        "What a model does differently because of a rule or a subset.",
        "only training tells; this card is about text",
    ),
    "cost.energy": (
        "Energy that building took.",
        "energy was not metered",
    ),
}

MEASURES = {name: what for name, (what, _) in _LIMITS.items()}


def facts(inputs: CardInputs) -> list[Fact]:
    """A gap for each; nothing of the inputs changes them."""
    return [not_measured(name, why) for name, (_, why) in _LIMITS.items()]
