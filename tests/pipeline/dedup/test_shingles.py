import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_texts import ANY, EVERY_WIDTH, texts

from haybale.corpus.errors import RecipeError
from haybale.pipeline.dedup.shingles import Shingles, shingle_sets

KINDS = st.sampled_from(["words", "characters"])
LONG_WORDS = st.lists(st.text("abc\u00e9", min_size=1, max_size=30), max_size=8).map(" ".join)
"""Of every length around eight and sixteen bytes."""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
@given(text=st.one_of(EVERY_WIDTH, ANY, LONG_WORDS), kind=KINDS, length=st.integers(1, 14))
def test_shingle_sets_are_those_of_the_definition(shingles, shingle_hash, text, kind, length):
    (found,) = shingle_sets(texts(text), Shingles(kind, length))
    expected = sorted({shingle_hash(each, kind) for each in shingles(text, length, kind)})
    assert found.tolist() == expected


def test_case_punctuation_and_white_space_make_no_difference():
    for shingles in (Shingles("words", 2), Shingles("characters", 3)):
        one, two = shingle_sets(texts("A b, C\n d!", "a  b c d"), shingles)
        assert (one == two).all()


def test_texts_that_share_words_share_the_shingles_of_them():
    one, other = shingle_sets(texts("a b c d", "a b c e"), Shingles("words", 2))
    assert len(np.intersect1d(one, other)) == 2  # "a b" and "b c" of three
    one, other = shingle_sets(texts("a b c d", "a b c e"), Shingles("characters", 3))
    assert len(np.intersect1d(one, other)) == 4  # "a b", " b ", "b c", " c " of five


@pytest.mark.parametrize("kind", ["words", "characters"])
def test_a_short_text_is_one_shingle_and_only_its_own(kind):
    sets = shingle_sets(texts("a b", "A. B", "a b c", "b a", ""), Shingles(kind, 9))
    assert [len(each) for each in sets] == [1, 1, 1, 1, 0]
    assert sets[0] == sets[1]
    assert len(set(np.concatenate(sets).tolist())) == 3


def test_words_that_differ_in_zeros_at_their_end_differ():
    sets = shingle_sets(texts("a", "a\0", "a\0\0"), Shingles("words", 1))
    assert len(set(np.concatenate(sets).tolist())) == 3


@given(st.lists(ANY, max_size=12), st.integers(0, 12), KINDS, st.integers(1, 40))
def test_shingles_do_not_depend_on_how_texts_are_batched(values, cut, kind, length):
    array, shingles = texts(*values), Shingles(kind, length)
    whole = shingle_sets(array, shingles)
    parts = shingle_sets(array.slice(0, cut), shingles) + shingle_sets(array.slice(cut), shingles)
    assert [each.tolist() for each in whole] == [each.tolist() for each in parts]


def test_what_shingles_cannot_be_is_refused():
    with pytest.raises(RecipeError, match="words or characters, found 'bytes'"):
        Shingles("bytes", 5)
    with pytest.raises(RecipeError, match="length of 1 to 1000, found 0"):
        Shingles("words", 0)
