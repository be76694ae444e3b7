import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import parse_section
from haybale.pipeline.dedup.repeats.settings import (
    BlockSettings,
    RepeatsSettings,
    SpanSettings,
)

FIVE = BlockSettings(min_words=5)
LINES = RepeatsSettings(lines=FIVE)
PARAGRAPHS = RepeatsSettings(paragraphs=FIVE)
MENU = "Subscribe to our daily farm letter."


def test_a_line_of_several_documents_stays_in_that_of_the_smallest_id(cut):
    texts = {i: f"Page {i}\n{MENU}\nThe end." for i in (5, 2, 9)}
    found = cut([{5: texts[5]}, {2: texts[2], 9: texts[9]}], LINES)
    assert found.texts == {2: texts[2], 5: "Page 5\nThe end.", 9: "Page 9\nThe end."}
    (edit,) = found.edits[5]
    assert edit == (6, 6 + 1 + len(MENU), "", "repeats/line@1")


def test_a_document_that_keeps_a_line_keeps_it_as_often_as_it_has_it(cut):
    found = cut([{1: f"{MENU}\na\n{MENU}", 2: f"{MENU}\nb\n{MENU}"}], LINES)
    assert found.texts == {1: f"{MENU}\na\n{MENU}", 2: "b"}


def test_a_line_that_only_one_document_has_is_left_alone(cut):
    assert cut([{1: f"{MENU}\na\n{MENU}"}, {2: "b"}], LINES).edits == {}


def test_short_lines_are_left_alone(cut):
    text = "}\nMenu\nOur daily farm letter.\n\nAbout us"
    assert cut([{1: text, 2: text}, {3: text}], LINES).edits == {}


@pytest.mark.parametrize(("documents", "left"), [(2, 2), (3, 1)])
def test_min_documents_counts_documents_wherever_they_lie(cut, documents, left):
    three = RepeatsSettings(lines=BlockSettings(min_words=5, min_documents=3))
    # Twice in each: occurrences do not count.
    texts = {i: f"{MENU}\n{MENU}\n{i}" for i in range(documents)}
    for blocks in ([texts], [{i: text} for i, text in texts.items()]):
        found = cut(blocks, three)
        assert sum(MENU in text for text in found.texts.values()) == left


def test_keep_none_leaves_a_line_nowhere(cut):
    none = RepeatsSettings(lines=BlockSettings(min_words=5, keep="none"))
    for blocks in ([{1: f"{MENU}\na", 2: f"b\n{MENU}"}], [{1: f"{MENU}\na"}, {2: f"b\n{MENU}"}]):
        assert cut(blocks, none).texts == {1: "a", 2: "b"}


# Lines of C4 are stripped and lower-cased. CCNet's are lower-cased, with numbers as 0 and without
# accents and punctuation (Wenzek et al. 2019, section 3.2).
SAME = [
    ("  SUBSCRIBE to our daily farm  letter. ", ("c4", "ccnet")),
    ("Subscribe to our daily farm letter!", ("ccnet",)),
    ("Subscribe to our dáily farm letter", ("ccnet",)),
    ("Subscribe to your daily farm letter.", ()),
]


@pytest.mark.parametrize("match", ["c4", "ccnet"])
@pytest.mark.parametrize(("line", "same"), SAME)
def test_lines_are_the_same_as_the_papers_take_them(cut, match, line, same):
    found = cut([{1: MENU, 2: line}], RepeatsSettings(lines=FIVE, match=match))
    assert (found.texts[2] == "") == (match in same)


def test_ccnet_takes_numbers_for_equal(cut):
    texts = {1: "On 12 May 2019 it rained here.", 2: "On 28 May 2020 it rained here."}
    assert cut([texts], LINES).edits == {}
    assert cut([texts], RepeatsSettings(lines=FIVE, match="ccnet")).texts[2] == ""


def test_a_paragraph_goes_with_its_blank_line(cut):
    block = "Subscribe to our daily\nfarm letter, and to others."
    found = cut([{1: f"a\n\n{block}\n\nb", 2: f"c\n\n{block}\n\nd\n"}], PARAGRAPHS)
    assert found.texts[2] == "c\n\nd\n"
    assert found.edits[2][0][3] == "repeats/paragraph@1"


def test_lines_of_a_paragraph_are_none_of_their_own(cut):
    found = cut([{1: f"{MENU}\nMore.", 2: f"{MENU}\nLess."}], PARAGRAPHS)
    assert found.edits == {}


def test_what_follows_a_line_keeps_its_indentation(cut):
    line = "        return the_same(very, long, call, of, it)"
    texts = {1: line, 2: f"def f():\n    if x:\n{line}\n    return y\n"}
    assert cut([texts], LINES).texts[2] == "def f():\n    if x:\n    return y\n"
    texts = {1: line, 2: f"{line}\n    return y\n"}
    assert cut([texts], LINES).texts[2] == "    return y\n"


def test_the_last_line_of_a_paragraph_leaves_the_blank_line(cut):
    texts = {1: MENU, 2: f"a\n{MENU}\n\nb", 3: f"a\n\n{MENU}\nb", 4: f"a\n{MENU}"}
    found = cut([texts], LINES)
    assert [found.texts[i] for i in (2, 3, 4)] == ["a\n\nb", "a\n\nb", "a"]


def test_each_byte_is_taken_by_the_first_kind_that_takes_it(cut):
    # A line, a paragraph of two lines of which one is that line, and ten words in a row.
    every = RepeatsSettings(lines=FIVE, paragraphs=FIVE, spans=SpanSettings(min_words=10))
    text = f"{MENU}\nSee below.\n\none two three four five six seven"
    other = f"{text} b"
    found = cut([{1: f"{text} a", 2: other}], every)
    assert found.texts[2] == "b"
    assert [(rule, other[start:stop]) for start, stop, _, rule in found.edits[2]] == [
        ("repeats/line@1", f"{MENU}\n"),
        ("repeats/paragraph@1", "See below.\n\n"),
        ("repeats/span@1", "one two three four five six seven "),
    ]


LINE = st.sampled_from(
    ["", "  ", "a b", MENU, MENU.upper(), "one two three four five", "漢字漢字漢"]
)
TEXT = st.lists(LINE, max_size=6).map("\n".join)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.integers(0, 9), TEXT, min_size=1, max_size=5), st.integers(0, 5))
def test_only_whole_lines_that_stand_elsewhere_go(cut, texts, first):
    names = list(texts)
    blocks = [{i: texts[i] for i in some} for some in (names[:first], names[first:])]
    found = cut(blocks, LINES)

    def key(line):
        return tuple(line.lower().split()) if "漢" not in line else tuple(line)

    holders = {}
    for i in sorted(texts):
        for line in texts[i].split("\n"):
            holders.setdefault(key(line), []).append(i)
    for i, text in texts.items():
        stays = [
            key(line)
            for line in text.split("\n")
            if len(key(line)) < 5 or holders[key(line)][0] == i
        ]
        left = [key(line) for line in found.texts[i].split("\n")]
        assert [each for each in left if each] == [each for each in stays if each]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({}, "at least one of the tables lines, paragraphs and spans"),
        ({"spans": {"min_words": 1}}, "repeats.spans: min_words: expected 2 to 10000, found 1"),
        ({"lines": {"min_words": 0}}, "repeats.lines: min_words: expected at least 1, found 0"),
        ({"lines": {"min_documents": 1}}, "min_documents: expected at least 2, found 1"),
        ({"spans": {}, "min_remaining_words": 0}, "min_remaining_words: expected at least 1"),
        ({"spans": {}, "match": "ccnet"}, "has no effect without lines or paragraphs"),
        ({"lines": {"keep": "last"}}, "expected one of 'first', 'none', found 'last'"),
        ({"span": {}}, "did you mean 'spans'"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(table, says):
    with pytest.raises(RecipeError) as error:
        parse_section(RepeatsSettings, table, "repeats")
    assert says in str(error.value)
