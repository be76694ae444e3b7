import json

import pytest

from haybale.cards.card import Card
from haybale.cards.fact import Fact, exact
from haybale.corpus.digests import canonical_json
from haybale.corpus.errors import SchemaError


def test_an_id_is_the_measure_and_what_it_is_of_in_order():
    fact = exact("a.documents", 1, "documents", "ingest", subset="web", rule="r/x@1")
    assert fact.id == "a.documents.subset=web.rule=r/x@1"


def test_a_fact_is_read_as_it_was_written_though_json_sorts_its_labels():
    fact = Fact("a.b", 1, "", "sample", {"subset": "x.rule=y", "rule": "z"}, "", (0.5, 2.0), 7)
    again = Fact.from_json(json.loads(canonical_json(fact.as_json())))
    assert again == fact
    assert list(again.of) == ["subset", "rule"]
    assert again.id == fact.id


def test_a_fact_of_another_name_is_refused():
    raw = exact("m", 1, "", "", subset="web").as_json() | {"id": "m.subset=books"}
    with pytest.raises(SchemaError, match="not named after its measure"):
        Fact.from_json(raw)


def test_a_table_has_the_facts_of_exactly_these_labels():
    facts = [
        exact("m", 1, "", ""),
        exact("m", 2, "", "", subset="web"),
        exact("m", 3, "", "", subset="web", rule="r"),
    ]
    raw = {
        **{name: {} for name in ("declared", "recipe", "lineage", "measures")},
        "name": "",
        "subsets": [],
        "samples": [],
        "facts": json.loads(canonical_json([fact.as_json() for fact in facts])),
    }
    card = Card(raw)
    assert card.table("m", "subset") == {("web",): facts[1]}
    assert card.table("m", "subset", "rule") == {("web", "r"): facts[2]}
    assert card.find("m") == facts[0]
    assert card.value("m", subset="none") == 0
