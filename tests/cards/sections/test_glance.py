from planted_card import card

from haybale.cards.blocks import Link, Number, Prose, Table, Terms
from haybale.cards.declaration import CardDeclaration
from haybale.cards.sections import sections


def blocks(kind, **changes):
    return [block for block in sections(card(**changes))[0].blocks if isinstance(block, kind)]


def test_the_size_of_the_corpus_stands_at_the_top():
    numbers = [
        part.fact.value
        for prose in blocks(Prose)
        for part in prose.parts
        if isinstance(part, Number)
    ]
    assert numbers == [500, 50, 2000, 1, 2]  # tokens, documents, bytes, subsets, languages


def test_facts_are_counted_by_how_they_are_known_and_the_counts_are_all_facts():
    ways = blocks(Table)[1]
    assert sum(int(row[1].replace(",", "")) for row in ways.rows) == len(card().facts)
    assert {row[0] for row in ways.rows} >= {"exact", "derived", "not measured"}
    assert all(row[2] for row in ways.rows)


def test_the_authors_summary_and_licence_are_shown():
    declared = CardDeclaration(summary="Hay <b>", license="cc-by-4.0")
    texts = [part for prose in blocks(Prose, declared=declared) for part in prose.parts]
    assert "Hay <b>" in texts
    assert "cc-by-4.0" in [getattr(part, "text", "") for part in texts]


def test_what_readers_ask_first_leads_to_a_section_that_is_there():
    anchors = {f"#{section.anchor}" for section in sections(card())}
    [terms] = blocks(Terms)
    links = {
        question: next(part.target for part in answer if isinstance(part, Link))
        for question, answer in terms.items
    }
    assert set(links.values()) <= anchors
    assert links["How much was removed, and by which rule?"] == "#attrition"
    # The planted corpus was compared with no evaluation set.
    assert links["Are items of evaluation sets inside?"] == "#unknown"
