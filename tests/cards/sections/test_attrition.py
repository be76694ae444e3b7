from planted_card import ENTRIES, inputs, ledger_of
from shown_sections import card_of, prose, tables

from haybale.cards.blocks import Bars, Funnel
from haybale.cards.measured import Measured, TokenRate
from haybale.cards.measures import attrition as measures
from haybale.cards.measures import disparity
from haybale.cards.sections import attrition
from haybale.cards.sections.cells import share
from haybale.corpus.ledger import Amount, Ledger


def section_of(ledger, subsets=("web",), **changes):
    made = inputs(ledger=ledger, **changes)
    return attrition.section(card_of([*measures.facts(made), *disparity.facts(made)], subsets))


def planted():
    return section_of(ledger_of(ENTRIES))


def test_the_first_sentence_says_how_much_is_left():
    assert prose(planted()).startswith(
        "Of 100 documents read, 50 (50.0 %) are in the corpus; of 9,500 bytes of text 2,000 "
        "(21.1 %)."
    )


def test_the_funnel_goes_from_what_was_read_to_the_corpus():
    (funnel,) = (block for block in planted().blocks if isinstance(block, Funnel))
    assert funnel.whole == 100
    steps = [(step.label, step.removed, step.left) for step in funnel.steps]
    assert steps == [
        ("could not be read", 5, 95),
        ("rules of ingest", 30, 65),
        ("duplicates", 15, 50),
    ]


def test_each_rule_is_shown_with_what_it_took_and_would_take_alone():
    rules = tables(planted())["Rules, those that took out most first"]
    # rule, documents, of all read, bytes, alone; nobody was skipped or near, no tokens are known.
    words = ("20", "20.0 %", "6,000", "25")
    assert rules[0] == ("gopher/word_count@1", *words)
    assert [row[0] for row in rules[1:]] == ["exact/text@1", "gopher/duplicate_line_fraction@1"]


def test_tokens_have_a_column_where_any_are_known():
    # All 15 duplicates of 600 bytes were tokenized: 150 tokens.
    whole = TokenRate("deduplicate", "exact/text@1", "web", 15, 600, 150, 24_000, 6_000, 1_500)
    found = section_of(ledger_of(ENTRIES), measured=Measured(token_rates=(whole,)))
    rules = tables(found)["Rules, those that took out most first"]
    assert [row[4] for row in rules] == ["not measured", "150", "not measured"]


def test_rules_that_took_nothing_are_not_drawn_but_listed():
    found = section_of(ledger_of([*ENTRIES, ("ingest", "skipped", Amount(9, 90), "en", "r@1")]))
    (bars,) = (block for block in found.blocks if isinstance(block, Bars))
    assert len(bars.bars) == 3
    last = tables(found)["Rules, those that took out most first"][-1]
    assert (last[0], last[1], last[-1]) == ("r@1", "0", "9")


def test_subsets_are_shown_side_by_side_and_add_up():
    ledger = ledger_of(ENTRIES)
    for outcome, rule, number in (("read", "", 10), ("kept", "", 7), ("dropped", "r@1", 3)):
        ledger.add("ingest", "code", outcome, Amount(number), rule=rule)
    for outcome, rule, number in (("kept", "", 5), ("removed", "exact/url@1", 2)):
        ledger.add("deduplicate", "code", outcome, Amount(number), rule=rule)
    found = section_of(ledger, ("code", "web"))
    caption = "Documents by fate: those read are the sum of the next four columns"
    # read, unreadable, dropped, removed later, left and its share
    assert tables(found)[caption] == [
        ("code", "10", "0", "3", "2", "5", "50.0 %"),
        ("web", "100", "5", "30", "15", "50", "50.0 %"),
    ]
    rules = tables(found)["Rules that took out most of each subset, 5 of each at most"]
    # subset, rule, documents, share, bytes, tokens, alone
    assert rules[0][:4] == ("code", "r@1", "3", "30.0 %")
    assert [row[:3] for row in rules[2:]] == [
        ("web", "gopher/word_count@1", "20"),
        ("web", "exact/text@1", "15"),
        ("web", "gopher/duplicate_line_fraction@1", "10"),
    ]


def test_many_subsets_stay_short():
    ledger = Ledger()
    for subset in ("a", "b"):
        ledger.add("ingest", subset, "read", Amount(1007))
        ledger.add("ingest", subset, "kept", Amount(1000))
        for number in range(7):
            ledger.add("ingest", subset, "dropped", Amount(1), rule=f"r{number}@1")
    found = section_of(ledger, ("a", "b"))
    assert len(tables(found)["Rules that took out most of each subset, 5 of each at most"]) == 10
    # 2 subsets with 7 - 5 each.
    assert "4 more, by language too, are in card/attrition.parquet." in prose(found)


def test_a_share_of_nearly_nothing_is_not_none_and_nearly_all_is_not_all():
    assert [share(part, 57_475) for part in (0, 28, 57_474, 57_475)] == [
        "0.0 %",
        "< 0.1 %",
        "> 99.9 %",
        "100.0 %",
    ]


def test_one_subset_has_no_part_of_its_own():
    assert "attrition-subsets" not in {part.anchor for part in planted().parts}


def test_languages_name_the_rule_that_took_most():
    # en: 85 documents, 40 in the corpus: 45 of 85 lost.
    rows = tables(planted())["The languages most read"]
    assert rows == [
        ("en", "85", "40", "52.94 %", "gopher/word_count@1", "20"),
        ("fr", "10", "10", "", "", ""),
    ]


def test_edits_and_unreadable_records_have_their_tables():
    ledger = ledger_of([*ENTRIES, ("ingest", "edited", Amount(3, 44), "en", "lines/short@1")])
    found = tables(section_of(ledger))
    assert found["Edits"] == [("lines/short@1", "3", "44", "")]
    assert found["Records that could not be read as documents"] == [("not_json", "web", "5", "77")]


def test_without_counts_there_is_no_section():
    assert section_of(Ledger()) is None
