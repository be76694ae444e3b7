from planted_card import card, measured

from haybale.cards.blocks import Bars, Prose, Table
from haybale.cards.measured import LicenseCounts, Measured
from haybale.cards.sections import composition


def test_subsets_are_shown_with_their_share_of_tokens():
    section = composition.section(card())
    [bars] = [block for block in section.blocks if isinstance(block, Bars)]
    assert [(bar.label.text, bar.value, bar.note) for bar in bars.bars] == [("web", 500, "100.0 %")]


def test_licences_are_shown_by_class_from_free_to_strict_and_what_nobody_says_comes_first():
    [licenses] = composition.section(card()).parts
    [bars] = [block for block in licenses.blocks if isinstance(block, Bars)]
    assert [(bar.label, bar.value, bar.note) for bar in bars.bars] == [
        ("permissive", 100, "20.0 %"),
        ("share-alike", 200, "40.0 %"),  # 180 + 20
        ("unknown", 200, "40.0 %"),
    ]
    assert isinstance(licenses.blocks[0], Prose)
    assert licenses.blocks[0].parts[0].startswith("Of 40.0 % of the tokens nobody says")


def test_the_freest_class_comes_first():
    rows = (LicenseCounts("web", "MIT", 20, 800, 200), LicenseCounts("web", "CC0", 30, 1200, 300))
    [licenses] = composition.section(card(measured=measured(licenses=rows))).parts
    [bars] = [block for block in licenses.blocks if isinstance(block, Bars)]
    assert [bar.label for bar in bars.bars] == ["public domain", "permissive"]


def test_statements_stand_word_for_word():
    [licenses] = composition.section(card()).parts
    table = [block for block in licenses.blocks if isinstance(block, Table)][-1]
    assert "CC BY-SA 4.0" in [row[0].text for row in table.rows]


def test_without_counted_licences_there_is_no_part_on_them():
    assert not composition.section(card(measured=Measured())).parts
