from planted_card import inputs, ledger_of
from shown_sections import card_of, prose, tables

from haybale.cards.blocks import Bars
from haybale.cards.fact import Fact
from haybale.cards.measures import disparity as measures
from haybale.cards.sections import disparity
from haybale.corpus.ledger import Amount


def ratio(value, measure="disparity.dropped", **of):
    interval = (value - 0.1, value + 0.1)
    return Fact(measure, value, "rate ratio", "derived", of, "ingest", interval, 500)


def section_of(*facts):
    tested = Fact("disparity.tested", len(facts), "ratios", "derived")
    return disparity.section(card_of([*facts, tested]))


def charts(section):
    return {block.caption: block for block in section.blocks if isinstance(block, Bars)}


def test_ratios_are_dots_around_one_the_largest_first():
    found = section_of(ratio(0.5, language="en"), ratio(2.5, language="de"))
    chart = charts(found)["Languages, dropped by rules"]
    assert chart.baseline == 1
    assert [(bar.label, bar.value, bar.interval) for bar in chart.bars] == [
        ("de", 2.5, (2.4, 2.6)),
        ("en", 0.5, (0.4, 0.6)),
    ]
    assert chart.bars[0].note == "500 documents"


def test_the_largest_are_shown_and_the_rest_is_named():
    many = [ratio(1 + n / 100, "disparity.lost", domain=f"d{n}.org") for n in range(25)]
    found = section_of(*many)
    chart = charts(found)["Web domains, taken out by any stage"]
    assert len(chart.bars) == 20
    assert chart.bars[0].value == 1.24
    assert "5 more ratios are in card.json under disparity.lost." in prose(found).splitlines()


def test_the_reader_is_told_what_may_mislead():
    found = prose(section_of(*(ratio(1 + n / 100, language=f"l{n}") for n in range(40))))
    # 40 / 20
    assert "40 ratios were looked at" in found
    assert "here about 2." in found
    assert "Documents of one site are not independent" in found
    assert "fewer than 30 documents" in found


def test_rules_that_fall_on_a_language_are_listed():
    found = section_of(ratio(3.0, rule="gopher/stop_words@1", language="de"))
    caption = "Rules that fell on one language more than on others, the largest ratios"
    assert tables(found)[caption] == [("gopher/stop_words@1", "de", "3.00")]


def test_languages_that_lost_most_come_first():
    rows = []
    for language, kept in (("en", 60), ("de", 20), ("fr", 90)):
        rows += [
            ("ingest", "read", Amount(100), language, ""),
            ("ingest", "kept", Amount(kept), language, ""),
            ("ingest", "dropped", Amount(100 - kept), language, "r@1"),
        ]
    facts = measures.facts(inputs(ledger=ledger_of(rows)))
    found = disparity.section(card_of(facts))
    caption = "Documents read of each language that are not in the corpus, those that lost most"
    bars = charts(found)[caption].bars
    assert [(bar.label, bar.value) for bar in bars] == [("de", 80), ("en", 40), ("fr", 10)]


def lost(value, **of):
    return Fact("disparity.lost_fraction", value, "fraction", "derived", of)


def test_subsets_are_kept_apart_and_what_lost_nothing_is_counted():
    facts = [
        lost(0.3, language="en"),
        lost(0.0, language="de"),
        lost(0.9, language="unknown"),
        lost(0.5, subset="web", language="en"),
        lost(0.0, subset="books", language="en"),
        lost(0.9, subset="web", language="unknown"),
        Fact("disparity.tested", 0, "ratios", "derived"),
    ]
    found = disparity.section(card_of(facts, ("books", "web")))
    (chart,) = charts(found).values()
    assert [bar.label for bar in chart.bars] == ["en"]
    assert tables(found)["Languages by subset, those that lost most"] == [("web", "en", "50.00 %")]
    assert "Of 2 languages with at least 30 documents read, 1 lost none." in prose(found)


def test_languages_that_cannot_be_compared_are_said_to_be():
    taken = Fact("attrition.dropped.documents", 40, "documents", "exact", {"rule": "r@1"}, "ingest")
    words = "No language has a ratio for being dropped by rules"
    assert words in prose(section_of(lost(0.3, language="en"), taken))
    compared = section_of(lost(0.3, language="en"), taken, ratio(2.0, language="en"))
    assert words not in prose(compared)


def test_one_language_alone_is_compared_with_none():
    rows = [("ingest", one, Amount(100), "en", "") for one in ("read", "kept")]
    found = disparity.section(card_of(measures.facts(inputs(ledger=ledger_of(rows)))))
    assert "rate ratio" not in prose(found)


def test_without_anything_to_compare_there_is_no_section():
    assert section_of() is None
