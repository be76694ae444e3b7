from planted_card import card

from haybale.cards.blocks import Code, Number
from haybale.cards.sections import audit

AUDIT = {
    "stage": "ingest",
    "rule": "r@1",
    "confidence": 0.95,
    "population": 40,
    "right": 36,
    "wrong": 0,
    "unsure": 4,
}


def test_nothing_stands_there_if_nobody_judged():
    assert audit.section(card()) is None


def test_a_row_for_each_stage_or_rule_with_verdicts_and_bound():
    audits = (AUDIT, {**AUDIT, "stage": "kept", "rule": ""})
    _, table = audit.section(card(audits=audits)).blocks
    names = [row[0] for row in table.rows]
    assert names == [Code("kept"), Code("ingest r@1")]
    values = [cell.fact.value for cell in table.rows[1][1:] if isinstance(cell, Number)]
    # 36 of 36 decided; at least 36 of all 40.
    assert values == [40, 36, 0, 4, 1.0, 0.9]
