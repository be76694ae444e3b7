from planted_card import SAMPLES, card

from haybale.cards.blocks import Excerpts, Prose
from haybale.cards.declaration import CardDeclaration
from haybale.cards.sections import samples


def sample(rule, subset, doc_id):
    return {**SAMPLES[0], "rule": rule, "subset": subset, "doc_id": doc_id, "excerpt": doc_id}


def test_what_was_removed_stands_by_rule_and_what_was_kept_by_subset():
    removed, kept = samples.section(card()).parts
    assert removed.blocks == [
        Excerpts(removed.blocks[0].label, ("web, en, document 0a, measured 7.0",), ("too short",))
    ]
    assert removed.blocks[0].label.text == "gopher/word_count@1"
    assert kept.blocks[0].label.text == "web"
    assert kept.blocks[0].texts == ("long enough",)


def test_three_are_shown_of_a_rule_and_every_subset_has_its_turn():
    rows = [sample("r@1", "web", f"0{n}") for n in range(4)]
    rows += [sample("r@1", "books", f"9{n}") for n in range(2)]
    [block] = samples.section(card(samples=rows)).parts[0].blocks
    assert block.texts == ("90", "00", "91")  # the first of each subset, then the second


def test_without_samples_the_section_says_why():
    [block] = samples.section(card(declared=CardDeclaration(samples="none"))).blocks
    assert isinstance(block, Prose)
    assert block.parts[0].startswith("The author chose to show none.")


def test_text_is_handed_on_as_it_is_for_forms_to_escape():
    hostile = "<script>alert(1)</script>\u202e\0"
    rows = [{**SAMPLES[0], "excerpt": hostile, "rule": "<b>"}]
    [block] = samples.section(card(samples=rows)).parts[0].blocks
    assert block.texts == (hostile,)
    assert block.label.text == "<b>"
