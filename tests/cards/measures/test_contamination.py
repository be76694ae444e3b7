from planted_card import inputs
from shown_sections import card_of, prose, tables

from haybale.cards.measures import contamination
from haybale.cards.sections.contamination import section
from haybale.corpus.ledger import Amount

COUNTS = {
    "items": 1319,
    "items_not_searched": 19,
    "items_found": 40,
    "items_contaminated": 3,
    "documents_contaminated": 11,
}
NOTHING = {**COUNTS, "items_found": 0, "items_contaminated": 0, "documents_contaminated": 0}


def facts(counts, *entries):
    rows = [
        ("decontaminate", outcome, Amount(documents), "", rule)
        for outcome, documents, rule in entries
    ]
    return contamination.facts(inputs(rows, contamination=counts))


def values(found):
    return {fact.id: fact.value for fact in found}


def test_counts_of_a_set_are_exact():
    found = facts({"gsm8k": COUNTS})
    for count, number in COUNTS.items():
        fact = next(each for each in found if each.id == f"contamination.{count}.set=gsm8k")
        assert (fact.value, fact.how) == (number, "exact")
    assert values(found)["contamination.items_searched.set=gsm8k"] == 1300


def test_what_is_left_is_what_the_sets_own_rule_neither_dropped_nor_cut():
    found = values(
        facts(
            {"gsm8k": COUNTS, "gsm8k-test": NOTHING},
            ("removed", 6, "contamination/gsm8k@1"),
            ("removed", 9, "contamination/gsm8k-test@1"),
            ("edited", 2, "contamination/gsm8k@1"),
        )
    )
    assert found["contamination.documents_dropped.set=gsm8k"] == 6
    assert found["contamination.documents_cut.set=gsm8k"] == 2
    assert found["contamination.documents_left.set=gsm8k"] == 3  # 11 - 6 - 2


def test_that_nothing_was_compared_is_a_gap_and_no_section():
    found = contamination.facts(inputs())
    assert [(fact.id, fact.how) for fact in found] == [("contamination.benchmarks", "not_measured")]
    assert section(card_of(found)) is None


def test_every_fact_is_of_a_measure_that_is_explained():
    for found in (facts({"gsm8k": COUNTS}), facts({})):
        assert {fact.measure for fact in found} <= contamination.MEASURES.keys()


def test_the_section_says_in_words_whether_items_of_a_set_are_inside():
    dropped = ("removed", 11, "contamination/gsm8k@1")
    text = prose(section(card_of(facts({"gsm8k": COUNTS, "mmlu": NOTHING}, dropped))))
    assert "gsm8k: 3 of 1,319 items stood in 11 documents. Of these 11 were dropped" in text
    assert "none is in the corpus as it was." in text
    assert "mmlu: 0 of 1,319 items stand in the text, of 1,300 looked for." in text
    assert "not proven absent" in text


def test_the_section_says_so_where_nothing_was_taken_out_for_a_set():
    text = prose(section(card_of(facts({"gsm8k": COUNTS}))))
    assert "3 of 1,319 items stand in 11 documents; none was dropped or cut for it." in text


def test_the_section_says_how_many_documents_are_left():
    text = prose(section(card_of(facts({"gsm8k": COUNTS}, ("edited", 4, "contamination/gsm8k@1")))))
    assert "cut out of 4; at most 7 are in the corpus as they were." in text


def test_the_matrix_has_a_row_for_each_set():
    shown = section(card_of(facts({"gsm8k": COUNTS}, ("edited", 4, "contamination/gsm8k@1"))))
    (rows,) = tables(shown).values()
    assert rows == [("gsm8k", "1,319", "1,300", "40", "3", "11", "0", "4", "7")]
