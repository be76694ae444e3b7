"""Facts: every number of a card as an object that says how it is known."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import pairwise
from types import ModuleType
from typing import Any

import haybale
from haybale.cards.card import FORMAT
from haybale.cards.conservation import check_inputs
from haybale.cards.fact import Fact
from haybale.cards.inputs import CardInputs
from haybale.cards.measures import (
    attrition,
    audit,
    composition,
    contamination,
    cost,
    declared,
    disparity,
    domains,
    duplicates,
    languages,
    lengths,
    licenses,
    limits,
    mixture,
    packing,
    people,
    sources,
    takedown,
    tokenizer,
)

SUBJECTS = (
    composition,
    licenses,
    attrition,
    disparity,
    languages,
    domains,
    duplicates,
    lengths,
    tokenizer,
    people,
    contamination,
    mixture,
    packing,
    cost,
    audit,
    sources,
    takedown,
    declared,
    limits,
)
"""Modules with `MEASURES`, what each number means, and `facts`, the numbers."""


MAX_EXCERPT_CHARACTERS = 300


def build_facts(inputs: CardInputs) -> dict[str, Any]:
    """The content of `card.json`: a function of its inputs and of this code alone.

    Returns:
        What a reader of the file finds, down to the order of keys, so that whatever is made of it
        here is made again from the file.

    Raises:
        HaybaleError: If what was counted does not add up.
    """
    check_inputs(inputs)
    found = sorted(_facts(inputs), key=lambda pair: pair[0].id)
    for (one, _), (two, by) in pairwise(found):
        assert one.id != two.id, f"{one.id}: twice, by {by}"
    measured = {fact.measure for fact, _ in found}
    card = {
        "format": FORMAT,
        "name": inputs.name,
        "declared": asdict(inputs.declared),
        "recipe": inputs.recipe,
        "lineage": inputs.lineage,
        "subsets": composition.subset_names(inputs),
        "measures": {
            name: sentence
            for module in SUBJECTS
            for name, sentence in module.MEASURES.items()
            if name in measured
        },
        "facts": [{**fact.as_json(), "by": by} for fact, by in found],
        "samples": [] if inputs.declared.samples == "none" else _samples(inputs),
    }
    stored: dict[str, Any] = json.loads(json.dumps(card, sort_keys=True, allow_nan=False))
    return stored


def _facts(inputs: CardInputs) -> Iterator[tuple[Fact, str]]:
    """Each fact and what produced it."""
    for module in SUBJECTS:
        by = f"haybale {haybale.__version__}, {_short_name(module)}"
        for fact in module.facts(inputs):
            assert fact.measure in module.MEASURES, f"{by} does not say what {fact.measure} is"
            yield fact, by


def _short_name(module: ModuleType) -> str:
    return module.__name__.removeprefix("haybale.")


def _samples(inputs: CardInputs) -> list[dict[str, Any]]:
    """Excerpts in an order of their own, whatever order and length the inputs have."""
    keys = ("state", "stage", "rule", "subset", "doc_id")
    return [
        {
            **sample,
            "language": sample["language"] or "",
            "excerpt": sample["excerpt"][:MAX_EXCERPT_CHARACTERS],
        }
        for sample in sorted(inputs.samples, key=lambda sample: [sample[key] for key in keys])
    ]
