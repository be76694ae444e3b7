from planted_card import card
from shown_sections import prose

from haybale.cards.blocks import Section, Terms
from haybale.cards.sections import sections


def answers(**changes: object) -> dict[str, str]:
    """Question to the answer's text."""
    made = sections(card(**changes))[0]
    [terms] = [block for block in made.blocks if isinstance(block, Terms)]
    return {
        str(question): prose(Section("", "", [Terms(((question, answer),))]))
        for question, answer in terms.items
    }


def test_questions_are_answered_by_numbers_before_links() -> None:
    # 100 documents read, 50 in the corpus; word_count dropped 20, exact/text removed 15, lines 10.
    removed = answers()["How much was removed, and by which rule?"]
    assert (
        "50.0 % of the documents read. Most by gopher/word_count@1, 20; exact/text@1, 15;"
        in removed
    )


def test_found_items_are_named_with_how_many_there_are() -> None:
    counts = {"items": 50, "items_not_searched": 2, "items_found": 7, "items_contaminated": 3}
    counts["documents_contaminated"] = 4
    found = answers(contamination={"gsm8k": counts})["Are items of evaluation sets inside?"]
    assert "Yes: of gsm8k 3 of 50 items." in found
    none = {"gsm8k": dict.fromkeys(counts, 0) | {"items": 50}}
    assert (
        "None, of any of the sets looked for (1)"
        in answers(contamination=none)["Are items of evaluation sets inside?"]
    )
    assert answers()["Are items of evaluation sets inside?"].count("Not measured") == 1
