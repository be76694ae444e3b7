import numpy as np
import xxhash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_texts import ANY, EVERY_WIDTH, texts

from haybale.corpus.documents import text_data, text_offsets
from haybale.pipeline.dedup.normal_form import (
    normal_room,
    normalise,
    normalised_digests,
    tables,
    word_room,
)
from haybale.pipeline.dedup.shingles import Shingles, shingle_sets

HOSTILE = st.one_of(EVERY_WIDTH, ANY)


def normal_forms(*values):
    """What the kernel writes, and the words that it says it wrote."""
    array = texts(*values)
    data, edges = text_data(array), text_offsets(array)
    found = []
    for row in range(len(array)):
        room = int(edges[row + 1] - edges[row])
        out = np.full(normal_room(room), 0xFF, np.uint8)
        ends = np.zeros(word_room(room), np.uint64)
        length, count = normalise(data, edges[row], edges[row + 1], tables(), out, ends)
        assert length <= len(out) - 8 or length == 0
        starts = [0, *(int(end) + 1 for end in ends[: max(0, count - 1)])][:count]
        words = [
            out[start : int(end)].tobytes().decode()
            for start, end in zip(starts, ends[:count], strict=True)
        ]
        found.append((out[:length].tobytes().decode(), words))
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
@given(text=HOSTILE)
def test_the_normal_form_is_that_of_the_definition(normal_form, text):
    form = normal_form(text)
    assert normal_forms("A", text, "b c")[1] == (form, form.split(" ") if form else [])


def test_case_punctuation_and_white_space_do_not_count():
    (form, words), _ = normal_forms(' "Don\'t,\u00a0 he\r\nSAID -- \u00c9t\u00e9!" ', "")
    assert form == "dont he said \u00e9t\u00e9"
    assert words == ["dont", "he", "said", "\u00e9t\u00e9"]


def test_a_text_that_grows_when_folded_has_room():
    # U+023A has two bytes, its lower case U+2C65 three; and no code point grows by more.
    ((form, _),) = normal_forms("\u023a" * 1001)
    assert form == "\u2c65" * 1001
    surrogates = range(0xD800, 0xE000)
    for point in set(range(0x110000)) - set(surrogates):
        folded = chr(point).lower()
        if len(folded) == 1:
            assert 2 * len(folded.encode()) <= 3 * len(chr(point).encode())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=HOSTILE)
def test_the_digest_is_xxh3_of_the_normal_form_and_null_without_words(normal_form, text):
    form = normal_form(text)
    expected = xxhash.xxh3_128_digest(form.encode()) if form else None
    assert normalised_digests(texts("x", text)).to_pylist()[1] == expected


@given(
    st.sampled_from(["words", "characters"]),
    st.integers(1, 6),
    st.lists(st.text(st.sampled_from("aA .,\n"), max_size=8), min_size=2, max_size=20),
)
def test_texts_of_equal_digests_have_equal_shingles_of_both_kinds(kind, length, values):
    array = texts(*values)
    sets = [each.tolist() for each in shingle_sets(array, Shingles(kind, length))]
    digests = normalised_digests(array).to_pylist()
    for digest, shingles in zip(digests, sets, strict=True):
        if digest is None:
            assert shingles == []
        else:
            assert shingles == sets[digests.index(digest)]


def test_digests_of_a_slice_and_of_no_texts():
    array = texts("a b", "c", "d")
    assert normalised_digests(array.slice(1, 1)).equals(normalised_digests(array).slice(1, 1))
    assert len(normalised_digests(texts())) == 0
