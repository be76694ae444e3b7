import copy
import json
from pathlib import Path

import jsonschema
import pytest
from planted_card import inputs

import haybale.cards
from haybale.cards.facts import build_facts
from haybale.corpus.digests import canonical_json

SCHEMA = json.loads((Path(haybale.cards.__file__).parent / "card.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def card():
    return json.loads(canonical_json(build_facts(inputs())))


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_card_fits_the_schema():
    VALIDATOR.validate(card())


def spoiled(change):
    made = copy.deepcopy(card())
    change(made)
    return made


@pytest.mark.parametrize(
    "change",
    [
        lambda card: card.update(format="haybale/card@1"),
        lambda card: card.pop("measures"),
        lambda card: card.update(more=1),
        lambda card: card["facts"][0].update(how="guessed"),
        lambda card: card["facts"][0].update(how="sample", interval=None, n=3),
        lambda card: card["facts"][0].update(how="sketch", interval=[1, 2], n=None),
        lambda card: card["facts"][0].update(how="exact", value=None),
        lambda card: card["facts"][0].update(how="not_measured", value=None, why_missing=""),
        lambda card: card["facts"][0].update(interval=[1, 2, 3]),
        lambda card: card["facts"][0].update(value={"buckets": [[1, 2]]}),
        lambda card: card["samples"][0].update(excerpt="x" * 301),
        lambda card: card["declared"].update(samples="some"),
    ],
)
def test_what_is_no_card_does_not_fit(change):
    assert not VALIDATOR.is_valid(spoiled(change))
