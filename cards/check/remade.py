"""Whether card.json is what this release makes of card/inputs.json."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from haybale.cards.card import Card
from haybale.cards.check.finding import EDITED, Finding
from haybale.cards.facts import build_facts
from haybale.cards.forms import FACTS_PATH, INPUTS_PATH
from haybale.cards.inputs import CardInputs
from haybale.corpus.digests import canonical_json
from haybale.corpus.errors import HaybaleError

_ADVICE = (
    "one of both was edited, or the card was made by another release: make it again with haybale "
    "card build"
)
_MAX_SHOWN = 80
"""Characters of a value."""


def check_remade(card: Card, inputs: CardInputs) -> Iterator[Finding]:
    """A finding on the first fact, or other part of the card, that its inputs do not give.

    Args:
        card: As it was read.
        inputs: That it was made from.
    """
    try:
        made = json.loads(canonical_json(build_facts(inputs)))
    except (HaybaleError, LookupError, TypeError, ValueError, AttributeError, AssertionError) as e:
        yield Finding(INPUTS_PATH, "inputs that a card can be made of", repr(e), EDITED)
        return
    facts = [{fact["id"]: fact for fact in raw["facts"]} for raw in (made, card.raw)]
    rest = [
        {name: value for name, value in raw.items() if name not in ("facts", "changes")}
        for raw in (made, card.raw)
    ]
    for what, (expected, found) in (("", facts), ("the card's ", rest)):
        for name in sorted(expected.keys() | found.keys()):
            if expected.get(name) != found.get(name):
                yield _finding(f"{what}{name}", expected.get(name), found.get(name))
                return


def _finding(name: str, expected: Any, found: Any) -> Finding:
    sides = (expected, found)
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        key = next(
            key
            for key in sorted(expected.keys() | found.keys())
            if expected.get(key) != found.get(key)
        )
        name, sides = f"{key} of {name}", (expected.get(key), found.get(key))
    left, right = ("none" if side is None else _short(repr(side)) for side in sides)
    return Finding(FACTS_PATH, f"{name} to be {left}, as {INPUTS_PATH} gives it", right, _ADVICE)


def _short(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."
