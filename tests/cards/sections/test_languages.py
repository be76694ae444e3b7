from planted_card import card

from haybale.cards.blocks import Bars, Table
from haybale.cards.measured import Measured
from haybale.cards.sections import languages
from haybale.corpus.ledger import Amount, Ledger


def many(num_languages):
    ledger = Ledger()
    for number in range(1, num_languages + 1):
        amount, code = Amount(1, 10, number), f"l{number:02}"
        for stage, outcome in (("ingest", "read"), ("ingest", "kept"), ("tokenize", "kept")):
            ledger.add(stage, "web", outcome, amount, language=code)
    tokens = num_languages * (num_languages + 1) // 2
    counts = {"documents": num_languages, "text_bytes": 10 * num_languages, "tokens": tokens}
    totals = {"train": {"web": {**counts, "shards": 1}}}
    return card(ledger=ledger, totals=totals, measured=Measured())


def test_languages_are_shown_largest_first_with_their_share():
    [bars] = [b for b in languages.section(card()).blocks if isinstance(b, Bars)]
    # 380 and 120 of 500 tokens
    assert [(b.label, b.value, b.note) for b in bars.bars] == [
        ("en", 380, "76.0 %"),
        ("fr", 120, "24.0 %"),
    ]


def test_a_long_list_is_cut_and_says_where_the_rest_is():
    section = languages.section(many(25))
    [table] = [b for b in section.blocks if isinstance(b, Table)]
    assert [row[0] for row in table.rows][:2] == ["l25", "l24"]
    assert len(table.rows) == 20
    assert "5 more languages" in section.blocks[-1].parts[0]


def test_a_corpus_without_identified_languages_has_no_section():
    ledger = Ledger()
    for stage, outcome in (("ingest", "read"), ("ingest", "kept"), ("tokenize", "kept")):
        ledger.add(stage, "web", outcome, Amount(1, 10, 2))
    counts = {"documents": 1, "text_bytes": 10, "tokens": 2, "shards": 1}
    found = card(ledger=ledger, totals={"train": {"web": counts}}, measured=Measured())
    assert languages.section(found) is None
