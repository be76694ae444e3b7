from dataclasses import replace

import pytest
from planted_card import DOMAINS, card, measured

from haybale.cards.blocks import Bars, Curve, Prose, Table
from haybale.cards.measured import Domains
from haybale.cards.sections import domains


def blocks(kind, found=DOMAINS):
    section = domains.section(card(measured=measured(domains=found)))
    return [block for block in section.blocks if isinstance(block, kind)]


def test_the_curve_goes_from_nothing_to_everything():
    [curve] = blocks(Curve)
    # 1, 2 and 3 of 3 domains have 1,240, 1,760 and 1,800 of 1,800 bytes.
    assert curve.points[0] == (0, 0)
    assert curve.points[1] == (pytest.approx(1 / 3), pytest.approx(1240 / 1800))
    assert curve.points[-1] == (1, 1)


def test_only_large_domains_are_named_and_the_reason_is_given():
    [table] = blocks(Table)
    assert [row[0].text for row in table.rows] == ["big.org"]
    assert "alice.net" not in repr(domains.section(card()))
    assert "fewer than 30 documents" in blocks(Prose)[-1].parts[0]


def test_top_level_domains_are_shown_by_text():
    [bars] = blocks(Bars)
    assert [(bar.label.text, bar.note) for bar in bars.bars] == [
        ("org", "97.8 %"),  # 1,760 of 1,800
        ("net", "2.2 %"),
    ]


def test_without_urls_there_is_no_section():
    none = Domains(0, 0, 50, (), (), ())
    assert domains.section(card(measured=measured(domains=none))) is None
    assert domains.section(card(measured=measured(domains=None))) is None


def test_without_large_domains_no_domain_is_named():
    small = replace(DOMAINS, top=DOMAINS.top[1:])
    assert blocks(Table, small) == []
