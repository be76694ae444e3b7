import json
from pathlib import Path

from planted_card import inputs

from haybale.cards.facts import build_facts
from haybale.cards.inputs import CardInputs
from haybale.corpus.digests import canonical_json

OLD = Path(__file__).parents[1] / "golden" / "corpus-v1" / "card" / "inputs.json"


def test_inputs_are_read_as_they_were_written():
    stored = json.loads(canonical_json(inputs().as_json()))
    assert json.loads(canonical_json(CardInputs.from_json(stored).as_json())) == stored


def test_inputs_of_format_1_give_a_card_whose_gaps_have_reasons():
    card = build_facts(CardInputs.from_json(json.loads(OLD.read_bytes())))
    facts = {fact["id"]: fact for fact in card["facts"]}
    assert facts["corpus.documents"]["value"] == 3
    assert card["samples"] == []
    for name in ("lengths.tokens", "license.tokens", "domains.corpus"):
        assert facts[name]["how"] == "not_measured"
        assert "when this corpus was built" in facts[name]["why_missing"]


def test_samples_of_format_1_are_of_what_ingest_removed_and_shown_if_they_were():
    raw = json.loads(OLD.read_bytes())
    raw["declared"]["publish_samples"] = True
    raw["samples"] = [
        {"rule": "r@1", "subset": "web", "doc_id": "00", "value": 1.0, "excerpt": "x"}
    ]
    made = CardInputs.from_json(raw)
    assert made.declared.samples == "everywhere"
    [sample] = made.samples
    assert (sample["state"], sample["stage"]) == ("removed", "ingest")
