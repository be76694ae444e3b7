from planted_card import inputs
from shown_sections import card_of, tables

from haybale.cards.measures import packing
from haybale.cards.sections.packing import section

COUNTS = {
    "sequences": 40,
    "positions": 40 * 2048,
    "placed_tokens": 80_000,
    "padding_tokens": 40 * 2048 - 80_000,  # 1,920 of 81,920: 2.34 %
    "dropped_tokens": 20_000,  # of 100,000: 20 %
    "documents": 300,
    "documents_cut": 3,  # 1 %
    "documents_cut_by_concatenation": 36,  # 12 %
}


def facts(packings):
    return packing.facts(inputs(packings=packings))


def test_every_count_is_a_fact_that_says_it_was_counted():
    found = facts({"best_fit-2048": {"train": {"web": COUNTS}}})
    of = "packing=best_fit-2048.split=train.subset=web"
    values = {fact.id: fact.value for fact in found if fact.how == "exact"}
    assert values == {f"packing.{name}.{of}": number for name, number in COUNTS.items()}


def test_shares_follow_from_counts_and_a_split_without_documents_has_none():
    nothing = dict.fromkeys(COUNTS, 0)
    found = facts({"best_fit-2048": {"train": {"web": COUNTS}, "validation": {"web": nothing}}})
    shares = {fact.id: fact.value for fact in found if fact.how == "derived"}
    of = "packing=best_fit-2048.split=train.subset=web"
    assert shares == {
        f"packing.padding_fraction.{of}": 0.023438,  # 1,920 / 81,920
        f"packing.dropped_fraction.{of}": 0.2,
        f"packing.cut_fraction.{of}": 0.01,
        f"packing.cut_by_concatenation_fraction.{of}": 0.12,
    }


def test_every_fact_is_of_a_measure_that_is_explained():
    found = facts({"best_fit-2048": {"train": {"web": COUNTS}}})
    assert {fact.measure for fact in found} == packing.MEASURES.keys()


def rows_of(packings):
    return tables(section(card_of(facts(packings))))["Packings into sequences"]


def test_the_section_shows_shares_of_padding_and_of_what_is_cut():
    assert rows_of({"document_start-2048": {"train": {"web": COUNTS}}}) == [
        (
            "web train, from a document's start, 2,048 tokens",
            "40",
            "2.34 %",
            "20.00 %",
            "1.00 %",
            "12.00 %",
        )
    ]


def test_packings_of_a_subset_stand_together_shortest_sequences_first():
    splits = {"train": {"web": COUNTS, "books": COUNTS}}
    names = ("best_fit-2048", "best_fit-512", "document_start-512")
    assert [row[0] for row in rows_of(dict.fromkeys(names, splits))] == [
        f"{subset} train, {kind} tokens"
        for subset in ("books", "web")
        for kind in ("best fit, 512", "from a document's start, 512", "best fit, 2,048")
    ]


def test_without_packings_there_are_no_facts_and_no_section():
    assert facts({}) == []
    assert section(card_of([])) is None
