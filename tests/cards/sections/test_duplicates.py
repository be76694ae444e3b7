from planted_card import inputs
from shown_sections import card_of, prose, tables

from haybale.cards.blocks import Bars
from haybale.cards.measured import Measured, PairSample
from haybale.cards.measures import attrition
from haybale.cards.measures import duplicates as measures
from haybale.cards.sections import duplicates


def section_of(**changes):
    made = inputs(**changes)
    return duplicates.section(card_of([*measures.facts(made), *attrition.facts(made)]))


def test_the_first_sentence_says_how_much_was_removed():
    # 15 of the 65 that ingest kept.
    words = prose(section_of())
    assert words.startswith("15 documents, 23.1 % of those that came to this stage, were removed")


def test_methods_and_clusters_are_drawn():
    charts = [block for block in section_of().blocks if isinstance(block, Bars)]
    methods, clusters = charts
    assert [(bar.label.text, bar.value, bar.note) for bar in methods.bars] == [
        ("exact/text@1", 15, "100.0 %")
    ]
    assert [(bar.label, bar.value) for bar in clusters.bars][:2] == [("2", 9), ("3-4", 2)]


def test_subsets_have_a_column_for_each_method():
    rows = tables(section_of())["Duplicates removed, by subset and method"]
    assert rows == [("web", "15", "600", "15")]


def test_pairs_say_how_they_were_compared():
    assert "12 were above the threshold when their texts were compared" in prose(section_of())
    words = prose(section_of(similarity_error=0.035))
    assert "by an estimate from their signatures" in words
    many = {"candidate_pairs": 40, "verified_pairs": 12, "limited_buckets": 3}
    assert "3 groups of documents were so large" in prose(section_of(pairs=many))


def test_precision_without_failures_has_the_rule_of_three():
    words = prose(section_of(measured=Measured(pair_sample=PairSample(200, 200, 0.8))))
    # 3 / 200
    assert "0 of 200: at 95 %, one-sided, at most 1.5 % are wrong (3 / n)" in words


def test_precision_with_failures_says_how_many():
    words = prose(section_of(measured=Measured(pair_sample=PairSample(200, 190, 0.8))))
    assert "Of 200 near-duplicates that were drawn and compared text by text, 10 were not" in words
    assert "3 / n" not in words


def test_precision_that_is_unknown_is_said_to_be():
    assert "How often a removal was right is not known" in prose(section_of())


def test_how_many_texts_differ_is_shown_beside_how_many_there_are():
    rows = tables(section_of())["How many are different, of all documents that have one"]
    # 78 / 95 and 82 / 95: an estimate has no share without an interval.
    assert ("texts, as read", "95", "80", "82.1 % to 86.3 %") in rows


def test_without_deduplication_and_sketches_there_is_no_section():
    assert section_of(recipe={"name": "planted"}, measured=Measured()) is None
