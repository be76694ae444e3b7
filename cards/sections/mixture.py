"""Mixture and training: weights against what there is, epochs, and the models that suit it."""

from haybale.cards.blocks import Block, Cell, Code, Inline, Link, Number, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.sections.cells import amount, cell
from haybale.cards.sections.columns import Column, fact_table
from haybale.scaling.laws import FITTED_TOKENS, MAX_TRIED_EPOCHS
from haybale.scaling.plan import NEARLY_FRESH_EPOCHS

_HOFFMANN = Link("Hoffmann et al. 2022", "https://arxiv.org/abs/2203.15556")
_BESIROGLU = Link("Besiroglu et al. 2024", "https://arxiv.org/abs/2404.10102")
_MUENNIGHOFF = Link("Muennighoff et al. 2023", "https://arxiv.org/abs/2305.16264")
_TITLES = {
    "rule_of_20": "rule of thumb: 20 tokens per parameter",
    "hoffmann_1": "approach 1: minima of training curves",
    "hoffmann_2": "approach 2: runs of equal compute",
    "hoffmann_3": "approach 3: a loss fitted to all runs",
    "besiroglu": "approach 3, corrected",
}

_MIXTURE = (
    Column("share of tokens", "mixture.share", "percent"),
    Column("epochs of the run", "mixture.run.epochs", "ratio"),
    Column("tokens of the run", "mixture.run.tokens", "scaled"),
    Column("worth in fresh tokens", "mixture.run.fresh_tokens", "scaled"),
)
_WEIGHED = (
    Column("weight", "mixture.weight", "percent"),
    _MIXTURE[0],
    Column("epochs, own size", "mixture.epochs", "ratio"),
    *_MIXTURE[1:],
)
"""Where the recipe weighs subsets; else each has the weight of its share, and the same epochs."""
_DRAWN = (
    Column("weight declared", "mixture.weight", "percent"),
    Column("share drawn", "mixture.drawn.share", "percent"),
    Column("tokens drawn", "mixture.drawn.tokens", "scaled"),
    Column("epochs", "mixture.drawn.epochs", "ratio"),
)


MAX_NAMED = 5
"""Subsets that a sentence names; the table has all."""


def section(card: Card) -> Section | None:
    """None where the training split has no tokens."""
    names = [name for (name,) in card.table("mixture.weight", "subset")]
    if not names:
        return None
    names.sort(key=lambda name: (-card.value("mixture.weight", subset=name), name))
    blocks = [*_mixture(card, names), *_drawn(card, names)]
    models = Section("models", "Which models it suits", _models(card))
    return Section("mixture", "Mixture and training", blocks, [models])


def _mixture(card: Card, names: list[str]) -> list[Block]:
    run = Number(card.facts["mixture.run.tokens"], "scaled")
    weights = card.table("mixture.weight", "subset").values()
    weighed = any(weight.how == "declared" for weight in weights)
    about: tuple[Inline, ...] = (
        "An epoch is one pass through all training tokens of a subset. The run looked at has ",
        run,
        " tokens: as many as Chinchilla's, unless ",
        Code("training_tokens"),
        " of ",
        Code("[card]"),
        " says otherwise. ",
        "Own size: a run over as many tokens as the training split has."
        if weighed
        else "The recipe weighs no subset, so it reads all of them equally often.",
    )
    rows = [(Code(name), {"subset": name}) for name in names]
    columns = _WEIGHED if weighed else _MIXTURE
    table = fact_table(card, "Weights and epochs", "subset", columns, rows)
    return [Prose(about), table, Prose(_repetition(card, names))]


def _repetition(card: Card, names: list[str]) -> tuple[Inline, ...]:
    """Which subsets the run repeats too often, and whose result says so."""
    epochs = {name: card.facts[f"mixture.run.epochs.subset={name}"] for name in names}
    often = [name for name in names if amount(epochs[name]) > NEARLY_FRESH_EPOCHS]
    law: tuple[Inline, ...] = (
        "Up to about four epochs, repeated tokens are worth nearly as much as fresh ones, and with "
        "more ever less, says ",
        _MUENNIGHOFF,
        ". ",
    )
    worth: tuple[Inline, ...] = (
        " By their formula, taken for each subset by itself, all tokens of the run are worth ",
        Number(card.facts["mixture.run.fresh_tokens"], "scaled"),
        " fresh ones.",
    )
    if max(map(amount, epochs.values())) > MAX_TRIED_EPOCHS:
        worth = (*worth, f" None of their runs went beyond {MAX_TRIED_EPOCHS:,.0f} epochs.")
    if not often:
        return (*law, "The run reads no subset more than four times.", *worth)
    return (*law, "Warning: the run reads ", *_listed(often, len(names)), ".", *worth)


def _listed(often: list[str], num_subsets: int) -> list[Inline]:
    """Subsets by name, where they are few."""
    if len(often) > MAX_NAMED:
        whole = "all" if len(often) == num_subsets else f"{len(often)} of"
        return [f"{whole} {num_subsets} subsets more than four times"]
    listed: list[Inline] = []
    for name in often:
        listed += [", " if listed else "", Code(name)]
    return [*listed, " more than four times"]


def _drawn(card: Card, names: list[str]) -> list[Block]:
    if not card.table("mixture.drawn.share", "subset"):
        return [
            Prose(
                (
                    "What a training run really drew is not known here: only its loader knows. ",
                    Code("haybale card build --drawn FILE"),
                    " adds it.",
                )
            )
        ]
    every = sorted({name for (name,) in card.table("mixture.drawn.share", "subset")} | {*names})
    rows = [(Code(name), {"subset": name}) for name in every]
    caption = "What a training run drew, as its loader reported"
    return [fact_table(card, caption, "subset", _DRAWN, rows)]


def _models(card: Card) -> list[Block]:
    """Model sizes by all approaches side by side, at one epoch and at four."""
    labels = ("1", f"{NEARLY_FRESH_EPOCHS:g}")
    once, repeated = (card.facts[f"training.tokens.epochs={label}"] for label in labels)
    low, high = (f"{bound / 1e9:g} billion" for bound in FITTED_TOKENS)
    about: tuple[Inline, ...] = (
        "The size of the model for which reading the training split once (",
        Number(once, "scaled"),
        " tokens), or four times (",
        Number(repeated, "scaled"),
        "; repeated tokens counted as fresh), is the best use of compute. Approaches 1 to 3 and "
        "the rule of thumb are those of ",
        _HOFFMANN,
        "; ",
        _BESIROGLU,
        " fitted the third anew to the same runs, and found it to agree with the first two. Their "
        f"runs had {low} to {high} tokens: any other number is extrapolated.",
    )
    rows = tuple(
        (title, *(_size(card, approach, label) for label in labels))
        for approach, title in _TITLES.items()
    )
    head = ("law", "one epoch", f"{NEARLY_FRESH_EPOCHS:g} epochs")
    return [Prose(about), Table("Parameters of the compute-optimal model", head, rows)]


def _size(card: Card, approach: str, epochs: str) -> Cell:
    return cell(card.find("training.parameters", approach=approach, epochs=epochs), "scaled")
