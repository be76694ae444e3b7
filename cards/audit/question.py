"""What an audit asks: of which documents, and how exactly."""

from dataclasses import dataclass

from haybale.corpus.errors import RecipeError

KEPT = "kept"
"""Asks whether documents of the corpus belong there; every other stage, whether they had to go."""
REMOVING = ("ingest", "select", "deduplicate", "repeats", "decontaminate")
STAGES = (*REMOVING, KEPT)

VERDICTS = ("right", "wrong", "unsure")
"""Whether what was done with a document was right."""


@dataclass(frozen=True)
class Question:
    """See the module.

    Attributes:
        stage: One of STAGES.
        rule: Only what this rule removed; empty: what any did.
        error: At most half the width of the interval.
        confidence: Of the interval.
    """

    stage: str
    rule: str = ""
    error: float = 0.05
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if self.stage not in STAGES:
            known = ", ".join(STAGES)
            raise RecipeError(f"--stage: expected one of {known}, found {self.stage!r}")
        if self.stage == KEPT and self.rule:
            raise RecipeError("--rule: no rule keeps documents; leave it out with --stage kept")
        if not 0 < self.error < 0.5:
            raise RecipeError(f"--error: expected above 0 and below 0.5, found {self.error}")
        if not 0.5 <= self.confidence < 1:
            raise RecipeError(
                f"--confidence: expected from 0.5 to below 1, such as 0.95, found {self.confidence}"
            )
