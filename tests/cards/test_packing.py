from haybale.cards.packing import packing_facts, packing_section

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


def card_of(packings):
    facts = packing_facts(packings)
    return {"facts": [vars(fact) for fact in facts]}


def test_every_count_is_a_fact_that_says_it_was_counted():
    facts = packing_facts({"best_fit-2048": {"train": {"web": COUNTS}}})
    values = {fact.id: fact.value for fact in facts}
    assert values == {f"packing.best_fit-2048.train.web.{name}": n for name, n in COUNTS.items()}
    assert {fact.how for fact in facts} == {"exact"}


def test_the_page_shows_shares_of_padding_and_of_what_is_cut():
    page = packing_section(card_of({"document_start-2048": {"train": {"web": COUNTS}}}))
    name = "`web` train, from a document's start `2048`"
    assert f"| {name} | 40 | 2.34 % | 20.00 % | 1.00 % | 12.00 % |" in page


def test_packings_of_a_subset_stand_together_shortest_sequences_first():
    splits = {"train": {"web": COUNTS, "books": COUNTS}}
    names = ("best_fit-2048", "best_fit-512", "document_start-512")
    page = packing_section(card_of(dict.fromkeys(names, splits)))
    rows = [line.split("|")[1].strip() for line in page.split("\n") if line.startswith("| `")]
    assert rows == [
        f"`{subset}` train, {kind}"
        for subset in ("books", "web")
        for kind in ("best fit `512`", "from a document's start `512`", "best fit `2048`")
    ]


def test_without_packings_there_is_no_section():
    assert packing_facts({}) == []
    assert packing_section({"facts": []}) == ""
