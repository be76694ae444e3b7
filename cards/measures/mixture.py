"""The mixture: weights against what there is, epochs of a run, and the models it suits."""

from collections.abc import Callable, Iterator

from haybale.cards.fact import Fact, derived, not_measured
from haybale.cards.inputs import CardInputs
from haybale.scaling.laws import (
    BESIROGLU,
    HOFFMANN_1,
    HOFFMANN_2,
    HOFFMANN_3,
    effective_tokens,
)
from haybale.scaling.plan import NEARLY_FRESH_EPOCHS, compute_optimal_params

TRAIN = "train"

MEASURES = {
    "mixture.weight": (
        "Share of a training run's tokens that the recipe gives to a subset; where it weighs none, "
        "the subset's share of the training split."
    ),
    "mixture.share": "Share of the tokens of the training split that a subset has.",
    "mixture.epochs": (
        "How often a run over as many tokens as the training split has reads a subset: its weight "
        "divided by its share."
    ),
    "mixture.run.tokens": (
        "Tokens of the training run that the card looks at, training_tokens of [card], and of "
        "these by weight those of a subset."
    ),
    "mixture.run.epochs": "How often that run reads a subset.",
    "mixture.run.fresh_tokens": (
        "How many fresh tokens the run's are worth: U tokens repeated R times are worth "
        "U + 15.39 U (1 - exp(-R / 15.39)), for each subset by itself."
    ),
    "mixture.drawn.tokens": "Tokens of a subset that a training run drew.",
    "mixture.drawn.share": "Share of a training run's tokens that were of a subset.",
    "mixture.drawn.epochs": "How often the training run read a subset.",
    "training.tokens": "Tokens of a run that reads the training split so many times.",
    "training.parameters": (
        "Size of the model for which a run that reads the training split so many times is the best "
        "use of compute: repeated tokens counted as fresh ones, embeddings among the parameters."
    ),
}

REPETITION = "Muennighoff et al. 2023, arXiv 2305.16264, section 3.1"
_HOFFMANN = "Hoffmann et al. 2022, arXiv 2203.15556"
APPROACHES: dict[str, tuple[Callable[[float], float], str]] = {
    "rule_of_20": (compute_optimal_params, f"20 tokens per parameter, after {_HOFFMANN}, table 3"),
    "hoffmann_1": (
        HOFFMANN_1.parameters_for,
        f"{_HOFFMANN}, approach 1: N = k C^0.50 through 67e9 parameters at 5.76e23 FLOPs, C = 6ND",
    ),
    "hoffmann_2": (
        HOFFMANN_2.parameters_for,
        f"{_HOFFMANN}, approach 2: N = k C^0.49 through 63e9 parameters at 5.76e23 FLOPs, C = 6ND",
    ),
    "hoffmann_3": (
        HOFFMANN_3.frontier.parameters_for,
        f"{_HOFFMANN}, approach 3: E + A / N^alpha + B / D^beta, constants before rounding",
    ),
    "besiroglu": (
        BESIROGLU.frontier.parameters_for,
        "Besiroglu et al. 2024, arXiv 2404.10102: approach 3 fitted anew to the same runs",
    ),
}
"""Model size for a number of tokens, and whose result it is."""


def facts(inputs: CardInputs) -> list[Fact]:
    """Shares, epochs and model sizes; none for a training split without tokens."""
    tokens = {name: counts["tokens"] for name, counts in inputs.totals[TRAIN].items()}
    total = sum(tokens.values())
    found: list[Fact] = []
    if total:
        found += [*_mixture(inputs, tokens, total), *_run(inputs, tokens), *_models(total)]
    return [*found, *_drawn(inputs, tokens)]


def _mixture(inputs: CardInputs, tokens: dict[str, int], total: int) -> Iterator[Fact]:
    weighed = any("weight" in subset for subset in inputs.recipe.get("subsets", ()))
    for subset, weight in inputs.weights.items():
        share, of = tokens[subset] / total, {"subset": subset}
        yield Fact(
            "mixture.weight",
            round(weight, 6),
            "of tokens drawn",
            "declared" if weighed else "derived",
            of,
            source="" if weighed else "the recipe weighs no subset: each has the share it holds",
        )
        yield derived("mixture.share", round(share, 6), "of tokens available", **of)
        yield derived("mixture.epochs", round(weight / share, 4), "epochs", **of)


_RUN = "1.4 trillion, Chinchilla's (Hoffmann et al. 2022), unless training_tokens says otherwise"


def _run(inputs: CardInputs, tokens: dict[str, int]) -> Iterator[Fact]:
    asked = inputs.declared.training_tokens
    yield Fact("mixture.run.tokens", asked, "tokens", "declared", source=_RUN)
    worth = 0.0
    for subset, weight in inputs.weights.items():
        drawn, fresh = weight * asked, effective_tokens(tokens[subset], weight * asked)
        worth += fresh
        yield derived("mixture.run.tokens", round(drawn), "tokens", subset=subset)
        epochs = round(drawn / tokens[subset], 4)
        yield derived("mixture.run.epochs", epochs, "epochs", subset=subset)
        yield _fresh(fresh, subset=subset)
    yield _fresh(worth)


def _fresh(tokens: float, **of: str) -> Fact:
    return derived("mixture.run.fresh_tokens", _rounded(tokens), "tokens", "", REPETITION, **of)


def _models(total: int) -> Iterator[Fact]:
    for epochs in (1.0, NEARLY_FRESH_EPOCHS):
        label = f"{epochs:g}"
        yield derived("training.tokens", round(total * epochs), "tokens", epochs=label)
        for approach, (parameters_for, source) in APPROACHES.items():
            size, of = _rounded(parameters_for(total * epochs)), {"approach": approach}
            yield derived("training.parameters", size, "parameters", "", source, **of, epochs=label)


def _rounded(value: float) -> int:
    """To four digits, more than any of the laws can give."""
    return round(float(f"{value:.4g}"))


def _drawn(inputs: CardInputs, tokens: dict[str, int]) -> Iterator[Fact]:
    total = sum(inputs.drawn.values())
    if not total:
        why = "no training run has said what it drew: give its report to haybale card build --drawn"
        yield not_measured("mixture.drawn.tokens", why, "tokens")
        return
    for subset, drawn in inputs.drawn.items():
        of = {"subset": subset}
        source = "the training run's loader"
        yield Fact("mixture.drawn.tokens", drawn, "tokens", "declared", of, source=source)
        yield derived("mixture.drawn.share", round(drawn / total, 6), "of tokens drawn", **of)
        if tokens.get(subset):
            epochs = round(drawn / tokens[subset], 4)
            yield derived("mixture.drawn.epochs", epochs, "epochs", **of)
