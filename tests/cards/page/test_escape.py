import unicodedata

import pytest

from haybale.cards.page.element import coordinate, element, length
from haybale.cards.page.escape import Markup, attribute, code_points, escape


def shown(name, times=""):
    return f'<span class="code-point">{name}{times}</span>'


def test_markup_characters_become_references():
    assert escape('<a href="x">\'&') == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;"


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\0", "U+0000"),
        ("\r", "U+000D"),
        ("\x7f", "U+007F"),
        ("\x85", "U+0085"),
        ("\xad", "U+00AD"),
        ("\u200b", "U+200B"),
        ("\u200f", "U+200F"),
        ("\u2028", "U+2028"),
        ("\u202e", "U+202E"),
        ("\u2066", "U+2066"),
        ("\u3164", "U+3164"),
        ("\ufe0f", "U+FE0F"),
        ("\ufeff", "U+FEFF"),
        ("\ud800", "U+D800"),
        ("\uffff", "U+FFFF"),
        ("\U000e0041", "U+E0041"),
    ],
)
def test_hidden_characters_are_written_as_code_points(character, name):
    assert escape(f"a{character}b") == f"a{shown(name)}b"
    assert attribute(f"a{character}b") == f"a{name}b"


def test_every_control_and_format_character_is_hidden():
    # Of the Unicode that this Python knows; tab and line feed are text. The number signs of Arabic,
    # Syriac and Kaithi (Prepended_Concatenation_Mark) and hieroglyph joiners are drawn.
    drawn = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    drawn |= {*range(0x13430, 0x13440)}
    missed = [
        code
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Co")
        and code_points(chr(code)) == chr(code)
        and code not in drawn
    ]
    assert missed == [0x09, 0x0A]


def test_a_run_of_one_hidden_character_is_one_code_point_with_its_number():
    assert escape("\u200b" * 3 + "\u202e") == shown("U+200B", " ×3") + shown("U+202E")


def test_letters_of_any_script_stay():
    text = "Grüße, 日本語, العربية, हिन्दी, 👍"
    assert escape(text) == text


def test_children_and_attributes_are_escaped_unless_they_are_markup():
    assert element("p", "<", Markup("<b></b>"), title='"') == '<p title="&quot;">&lt;<b></b></p>'


def test_text_that_no_person_writes_is_cut_and_says_so():
    assert element("p", "x" * 5000) == f"<p>{'x' * 1000} … cut, of 5,000 characters</p>"


@pytest.mark.parametrize(
    ("value", "text"), [(1 / 3, "0.33"), (2.0, "2"), (-0.001, "0"), (1e-9, "0"), (1e6, "1000000")]
)
def test_coordinates_have_two_decimals_and_no_exponent(value, text):
    assert coordinate(value) == text


def test_what_is_there_is_never_drawn_as_nothing():
    assert length(1e-9) == "0.01%"
    assert length(0) == "0%"
