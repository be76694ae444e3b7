from planted_card import card

from haybale.cards.declaration import CardDeclaration
from haybale.cards.measured import Measured
from haybale.cards.measures.declared import QUESTIONS
from haybale.cards.sections import sections, use

ANCHORS = (
    *("glance", "unknown", "use", "composition", "attrition", "disparity", "languages"),
    *("domains", "duplicates", "lengths", "tokenizer", "people", "contamination", "mixture"),
    *("packing", "cost", "samples", "audit", "reproduce", "changes"),
)


def test_sections_come_in_the_order_in_which_they_are_read():
    anchors = [section.anchor for section in sections(card())]
    assert anchors == sorted(anchors, key=ANCHORS.index)
    assert anchors[:3] == ["glance", "unknown", "use"]


def test_a_section_without_anything_measured_is_left_out_and_the_gap_is_said():
    found = sections(card(measured=Measured()))
    anchors = [section.anchor for section in found]
    assert not {"domains", "lengths"} & set(anchors)
    assert "domains.corpus" in repr(found[1])


def test_anchors_are_unique_with_all_parts():
    def anchors(parts):
        for part in parts:
            yield part.anchor
            yield from anchors(part.parts)

    found = list(anchors(sections(card())))
    assert len(found) == len(set(found))


def test_no_promise_is_made():
    text = repr(sections(card())).lower()
    for promise in ("representative", "pii-free", "unbiased"):
        assert promise not in text


def test_answers_stand_as_given_and_gaps_in_one_line():
    section = use.section(card(declared=CardDeclaration(motivation="To *learn*.", title="Hay")))
    intro, answers, open_ = section.blocks
    assert answers.items == (("Why it was made, and for whom", ("To *learn*.",)),)
    assert open_.parts[0].startswith("Not provided: who paid; what it is for;")
    assert "its title" not in open_.parts[0]
    assert intro.parts[0].fact.value == len(QUESTIONS) - 2


def test_every_question_is_put_in_words():
    [_, open_] = use.section(card()).blocks
    assert open_.parts[0].count(";") == len(QUESTIONS) - 1
