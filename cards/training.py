"""What the corpus means for training: mixture, epochs, and the model sizes it suits."""

from collections.abc import Mapping

from haybale.cards.fact import Fact
from haybale.scaling.plan import NEARLY_FRESH_EPOCHS, compute_optimal_params


def training_facts(
    totals: Mapping[str, Mapping[str, Mapping[str, int]]], weights: Mapping[str, float]
) -> list[Fact]:
    """Weight against share, and epochs when as many tokens are drawn as there are.

    Args:
        totals: `{split: {subset: {"tokens", ...}}}`.
        weights: Share of training tokens per subset.
    """
    tokens = {subset: counts["tokens"] for subset, counts in totals["train"].items()}
    total = sum(tokens.values())
    facts = []
    for subset, weight in weights.items():
        share = tokens[subset] / total
        facts += [
            Fact(f"mixture.{subset}.weight", round(weight, 6), "of tokens drawn", "declared"),
            Fact(f"mixture.{subset}.share", round(share, 6), "of tokens available", "derived"),
            Fact(f"mixture.{subset}.epochs", round(weight / share, 4), "epochs", "derived"),
        ]
    if total:
        once = compute_optimal_params(total)
        repeated = compute_optimal_params(total * NEARLY_FRESH_EPOCHS)
        facts += [
            Fact("training.parameters.one_epoch", round(once), "parameters", "derived"),
            Fact("training.parameters.four_epochs", round(repeated), "parameters", "derived"),
        ]
    return facts
