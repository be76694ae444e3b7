import pytest
from planted_card import inputs

from haybale.cards.measures import audit

AUDIT = {
    "format": "haybale/audit@1",
    "corpus": "cd",
    "stage": "ingest",
    "rule": "r@1",
    "error": 0.1,
    "confidence": 0.99,
    "population": 40,
    "sheet": "ee",
    "right": 30,
    "wrong": 6,
    "unsure": 4,
}


def facts(*audits):
    return {fact.id: fact for fact in audit.facts(inputs(audits=audits))}


def test_without_an_audit_the_gap_says_what_draws_one():
    (gap,) = audit.facts(inputs())
    assert gap.how == "not_measured"
    assert "haybale card audit" in gap.why_missing


def test_unsure_verdicts_are_left_out_of_the_share_and_widen_the_interval():
    found = facts(AUDIT)
    precision = found["audit.precision.stage=ingest.rule=r@1"]
    # All 40 were judged. 30 of the 36 decided; 30 to 34 of 40, whatever the 4 are.
    assert precision.value == pytest.approx(30 / 36, abs=1e-6)
    assert precision.interval == (0.75, 0.85)
    assert (precision.n, precision.how) == (40, "sample")
    assert found["audit.lower_bound.stage=ingest.rule=r@1"].value == 0.75
    assert "99 %" in found["audit.lower_bound.stage=ingest.rule=r@1"].source


def test_verdicts_are_a_persons_word():
    found = facts(AUDIT)
    verdicts = {
        verdict: found[f"audit.verdicts.stage=ingest.rule=r@1.verdict={verdict}"]
        for verdict in ("right", "wrong", "unsure")
    }
    assert {name: fact.value for name, fact in verdicts.items()} == {
        "right": 30,
        "wrong": 6,
        "unsure": 4,
    }
    assert {fact.how for fact in verdicts.values()} == {"declared"}


def test_a_stage_as_a_whole_has_no_label_of_a_rule():
    assert "audit.precision.stage=kept" in facts({**AUDIT, "stage": "kept", "rule": ""})
