import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haybale.pipeline.dedup.repeats.settings import RepeatsSettings, SpanSettings

FOUR = RepeatsSettings(spans=SpanSettings(min_words=4))
FIFTY = RepeatsSettings(spans=SpanSettings())

RUN = st.lists(st.sampled_from("abcdefgh"), max_size=12)
TEXTS = st.lists(
    # Runs drawn from a few, so that long repeats, chains and overlaps are common.
    st.lists(st.one_of(RUN, st.sampled_from([list("pqrstu"), list("rstuvw"), list("aaaaaaa")]))),
    min_size=1,
    max_size=5,
).map(lambda texts: [[word for run in text for word in run] for text in texts])


def words(prefix, count):
    return [f"{prefix}{at}" for at in range(count)]


@st.composite
def corpora(draw):
    """Texts by id, and how many of them are in the first block."""
    texts = draw(TEXTS)
    ids = draw(st.permutations(range(10)))[: len(texts)]
    return dict(zip(ids, texts, strict=True)), draw(st.integers(0, len(texts)))


def blocks_of(texts, first):
    joined = {i: " ".join(text) for i, text in texts.items()}
    names = list(joined)
    return [{i: joined[i] for i in some} for some in (names[:first], names[first:])]


@settings(deadline=None, max_examples=300)
@given(corpora(), st.integers(0, 3))
def test_what_stays_is_what_sorted_suffixes_say(cut, oracle, corpus, shuffle):
    texts, first = corpus
    found = cut(blocks_of(texts, first), FOUR, shuffle)
    assert {i: text.split() for i, text in found.texts.items()} == oracle(texts, 4)


@settings(deadline=None)
@given(corpora(), st.randoms(use_true_random=False))
def test_order_and_blocks_change_nothing(cut, corpus, random):
    texts, first = corpus
    names = list(texts)
    random.shuffle(names)
    shuffled = {i: texts[i] for i in names}
    one, other = cut(blocks_of(texts, first), FOUR), cut(blocks_of(shuffled, 1), FOUR, 1)
    assert one.texts == other.texts
    assert one.edits == other.edits


@settings(deadline=None)
@given(corpora())
def test_bytes_are_conserved(cut, corpus):
    texts, first = corpus
    found = cut(blocks_of(texts, first), FOUR)
    for i, text in texts.items():
        taken = sum(stop - start for start, stop, *_ in found.edits.get(i, []))
        assert len(found.texts[i]) + taken == len(" ".join(text))


@settings(deadline=None)
@given(corpora())
def test_no_word_is_lost_from_the_corpus(cut, corpus):
    texts, first = corpus
    found = cut(blocks_of(texts, first), FOUR)
    left = {word for text in found.texts.values() for word in text.split()}
    assert left == {word for text in texts.values() for word in text}


@settings(deadline=None)
@given(corpora())
def test_nothing_shorter_is_touched(cut, corpus):
    texts, first = corpus
    longest = max(map(len, texts.values()), default=0)
    long = RepeatsSettings(spans=SpanSettings(min_words=max(200, longest + 1)))
    assert cut(blocks_of(texts, first), long).edits == {}


@pytest.mark.parametrize(("shared", "goes"), [(49, 0), (50, 50), (51, 51)])
def test_fifty_words_are_a_repeat_and_forty_nine_are_not(cut, shared, goes):
    same = words("s", shared)
    found = cut([{1: " ".join(["a", *same, "b"])}, {2: " ".join(["c", *same, "d"])}], FIFTY)
    assert found.texts[1].split() == ["a", *same, "b"]
    assert len(found.texts[2].split()) == shared + 2 - goes


def test_the_smallest_id_keeps_a_run_wherever_it_lies(cut):
    text = " ".join(words("w", 60))
    found = cut([{3: text, 2: text}, {1: text}], FIFTY)
    assert (found.texts[1], found.texts[2], found.texts[3]) == (text, "", "")


def test_a_run_is_cut_within_its_own_document_too(cut):
    run, between = words("w", 50), words("x", 9)
    found = cut([{1: " ".join([*run, *between, *run])}], FIFTY)
    assert found.texts[1].split() == [*run, *between]


def test_text_that_repeats_itself_keeps_its_first_period(cut):
    # The window at 0 is the first of its kind, and that at 3 the second of the same.
    found = cut([{1: " ".join(["a", "b", "c"] * 40)}], FIFTY)
    assert found.texts[1].split() == ["a", "b", "c"]


def test_overlapping_repeats_keep_every_word_though_in_pieces(cut):
    # 1 has words 0 to 49, 2 has 0 to 59, 3 has 10 to 59. The first occurrence of 10 to 59 is in 2,
    # which keeps only what 1 has not.
    run = words("w", 60)
    found = cut([{1: " ".join(run[:50]), 2: " ".join(run), 3: " ".join(run[10:])}], FIFTY)
    assert [found.texts[i].split() for i in (1, 2, 3)] == [run[:50], run[50:], []]


def test_white_space_makes_no_difference_and_case_does(cut):
    run = words("w", 50)
    wrapped = "\n".join(" ".join(run[at : at + 7]) for at in range(0, 50, 7))
    capital = " ".join(["W0", *run[1:]])
    found = cut([{1: " ".join(run), 2: wrapped, 3: capital}], FIFTY)
    assert (found.texts[2], found.texts[3]) == ("", capital)


def test_keep_none_leaves_no_occurrence(cut):
    none = RepeatsSettings(spans=SpanSettings(keep="none"))
    run = " ".join(words("w", 50))
    found = cut([{1: f"a {run} b", 2: f"c {run} d"}, {3: f"e {run[:-3]}"}], none)
    assert (found.texts[1], found.texts[2]) == ("a b", "c d")
    assert len(found.texts[3].split()) == 50


@pytest.mark.parametrize("text", ["漢字仮名交", "ภาษาไทยไม่มีช่องว่าง", "ကမ္ဘာ့မြန်မာ"])
def test_characters_are_words_where_scripts_have_no_spaces(cut, text):
    # At least 50 characters with their marks, and no cut through one of them.
    run = "".join(f"{text}{chr(0x4E00 + at)}" for at in range(30))
    found = cut([{1: f"ここ{run}まで", 2: f"今度{run}以上"}], FIFTY)
    assert found.texts == {1: f"ここ{run}まで", 2: "今度以上"}


def test_no_cut_runs_through_a_character_and_its_marks(cut):
    run = "".join(chr(0x4E00 + at) for at in range(50))
    found = cut([{1: f"{run}ก", 2: f"{run}ก\u0e48"}], FIFTY)
    assert found.texts[2] == "ก\u0e48"


def test_words_that_only_a_cut_would_join_get_a_space(cut):
    run = "".join(chr(0x4E00 + at) for at in range(50))
    found = cut([{1: run, 2: f"left{run}right"}], FIFTY)
    assert found.texts[2] == "left right"
    assert [edit[2] for edit in found.edits[2]] == [" "]


def test_anchors_are_few_and_only_shared_ones_are_looked_into(cut):
    # Winnowing takes 2 / (26 + 1) of all runs of 25 words in text without repeats (Schleimer et
    # al. 2003, theorem 1); of 200 shared words, 151 windows of 50 can be repeats.
    rng = np.random.default_rng(0)
    same = words("s", 200)
    texts = {i: [f"{i}-{word}" for word in rng.permutation(10_000)] for i in range(2)}
    for text in texts.values():
        text[5000:5000] = same
    found = cut([{i: " ".join(text)} for i, text in texts.items()], FIFTY)
    assert found.num_anchors == pytest.approx(20_400 * 2 / 27, rel=0.05)
    assert found.num_occurrences >= 2 * 151
    assert found.num_occurrences <= 2 * (200 + 2 * 25)
