from planted_card import card

from haybale.cards.blocks import Code, Prose, Table
from haybale.cards.card import Card
from haybale.cards.sections import changes

EXACT = {
    "how": "exact",
    "before": 100,
    "after": 90,
    "stayed": 40,
    "low": 40,
    "high": 40,
    "n": 150,
}
FACT = {"id": "corpus.tokens", "unit": "tokens", "before": 10, "after": 15, "relative": 0.5}
CHANGES = {
    "from": {"name": "old <b>", "card": "ab"},
    "documents": EXACT,
    "settings": [{"name": "seed", "before": None, "after": "7"}],
    "inputs": {"gone": ["web/a"], "new": [], "changed": ["web/b"]},
    "facts": {"moved": [{**FACT, "intervals_overlap": None}], "gone": ["x"], "new": []},
}


def blocks(**other):
    made = Card({**card().raw, "changes": {**CHANGES, **other}})
    return changes.section(made).blocks


def test_without_an_earlier_card_nothing_stands_there():
    assert changes.section(card()) is None


def test_all_that_changed_stands_there():
    tables = {block.caption: block.rows for block in blocks() if isinstance(block, Table)}
    settings, inputs, numbers = tables.values()
    assert settings[0][0] == Code("seed")
    assert settings[0][2] == Code("7")
    assert [row[1] for row in inputs] == ["gone", "of another content"]
    assert numbers[0][1:] == ("10", "15", "+50.0 %")
    text = " ".join(str(part) for one in blocks() if isinstance(one, Prose) for part in one.parts)
    assert "1 facts are only in the earlier card" in text


def test_turnover_is_said_as_it_is_known():
    assert changes.turnover_sentence(EXACT).startswith("40 documents stayed, 60 left, 50 came")
    sample = {**EXACT, "how": "sample", "low": 30, "high": 50, "n": 70}
    assert "from a sample of 70 ids, by which 30 to 50 stayed (95 %)" in changes.turnover_sentence(
        sample
    )
    bounds = {**EXACT, "how": "bounds", "stayed": None, "low": 0, "high": 90}
    assert "at most 90 of them can be the same" in changes.turnover_sentence(bounds)


def test_a_move_within_both_intervals_says_so():
    assert changes.change({**FACT, "intervals_overlap": True}) == "+50.0 %, within both intervals"
    assert changes.change({**FACT, "relative": None, "intervals_overlap": None}) == ""


def test_long_lists_are_bounded():
    many = [{"name": f"s{n}", "before": "1", "after": "2"} for n in range(changes.MAX_ROWS + 5)]
    (table, *_) = (block for block in blocks(settings=many) if isinstance(block, Table))
    assert len(table.rows) == changes.MAX_ROWS
