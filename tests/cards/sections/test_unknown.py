from planted_card import card

from haybale.cards.blocks import Prose, Terms
from haybale.cards.measured import Measured
from haybale.cards.measures import limits
from haybale.cards.sections import unknown


def names(found):
    terms = [block for block in unknown.section(found).blocks if isinstance(block, Terms)]
    return [name.text for block in terms for name, _ in block.items]


def test_what_no_build_measures_is_said_every_time():
    assert set(limits.MEASURES) <= set(names(card()))


def test_what_this_build_did_not_measure_is_said_with_its_reason():
    section = unknown.section(card(measured=Measured()))
    assert {"lengths.tokens", "license.tokens", "domains.corpus"} <= set(
        names(card(measured=Measured()))
    )
    text = repr(section)
    assert "lengths were not counted when this corpus was built" in text


def test_facts_that_are_missing_for_one_reason_are_one_line():
    found = card()
    assert len(found.table("attrition.dropped.tokens", "rule")) == 2
    assert names(found).count("attrition.dropped.tokens") == 1


def test_every_gap_is_counted():
    found = card()
    missing = sum(fact.how == "not_measured" for fact in found.facts.values())
    first = unknown.section(found).blocks[0]
    assert isinstance(first, Prose)
    assert first.parts[0] == f"{missing} facts have no number. "
