"""What every registered rule owes, and Gopher's against the plainest Python."""

import os
import pickle
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haybale.corpus.errors import RecipeError
from haybale.quality.profiles import load_profile
from haybale.quality.rules import rules
from haybale.quality.text import TextBatch

ODD = ["", " ", "\n\n", "\U0001f600", "x" * 1_000_000, "\u3000\u00a0", "...", "# # #", "\0"]


def texts(*values):
    return pa.array(values, pa.large_string())


def values_of(*documents):
    batch = TextBatch.split(texts(*documents))
    out = []
    for row in range(len(documents)):
        measured = {name: rule.measure(batch) for name, rule in rules().items()}
        out.append(
            {
                name: Fraction(int(number[row]), int(whole[row])) if whole[row] else None
                for name, (number, whole) in measured.items()
            }
        )
    return out


@pytest.mark.parametrize("name", rules())
def test_a_rule_says_what_it_is(name):
    rule = rules()[name]
    assert name.rpartition("@")[2].isdigit()
    assert rule.source
    assert rule.unit
    assert rule.measure.__doc__
    assert rule.minimum is not None or rule.maximum is not None
    assert pickle.loads(pickle.dumps(rule)).name == name


def test_odd_texts_are_measured_without_an_exception_and_finitely():
    verdicts = load_profile("gopher").judge(texts(*ODD), pa.array(["en"] * len(ODD)))
    for name, values in verdicts.values.items():
        assert np.isfinite(values.drop_null().to_numpy(zero_copy_only=False)).all(), name
    assert None not in verdicts.first_reason.to_pylist()  # none of these is worth keeping


WORDS = st.sampled_from(["the", "Hay,", "a", "\u00e9t\u00e9", "#", "...", "\u2026", "-x", "\u4e2d"])
SPACES = st.sampled_from([" ", " ", " ", "  ", "\n", "\n\n", "\n \n", "\t", "\u00a0", "\r\n"])
TEXTS = st.lists(st.tuples(WORDS, SPACES), max_size=60).map(
    lambda pairs: "".join(word + space for word, space in pairs)
)
ANY = st.one_of(TEXTS, st.text(max_size=60), TEXTS.map(lambda text: text * 3))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(documents=st.lists(ANY, min_size=1, max_size=4))
def test_every_number_is_that_of_the_plainest_python(oracle, documents):
    for document, found in zip(documents, values_of(*documents), strict=True):
        assert found == oracle(document)


@given(documents=st.lists(ANY, min_size=2, max_size=5), data=st.data())
@settings(deadline=None)
def test_how_texts_are_batched_changes_nothing(documents, data):
    start = data.draw(st.integers(0, len(documents) - 1))
    whole = TextBatch.split(texts(*documents))
    part = TextBatch.split(texts(*documents).slice(start))
    for rule in rules().values():
        for of_whole, of_part in zip(rule.measure(whole), rule.measure(part), strict=True):
            assert of_whole[start:].tolist() == of_part.tolist(), rule.name


@pytest.mark.skipif("HAYBALE_DATA" not in os.environ, reason="HAYBALE_DATA names no real text")
def test_every_number_on_real_text_is_that_of_the_plainest_python(oracle):
    import orjson
    import zstandard

    documents = []
    for name in ("massiveweb/general", "multilingual/react-docs", "github/permissive-code"):
        path = Path(os.environ["HAYBALE_DATA"]) / f"{name}-00000.jsonl.zst"
        with path.open("rb") as file:
            lines = zstandard.ZstdDecompressor().stream_reader(file).read().split(b"\n")
        documents += [orjson.loads(line)["text"][:20_000] for line in lines[:40]]
    for document, found in zip(documents, values_of(*documents), strict=True):
        assert found == oracle(document)


# Worked by hand. A text of 60 words of which a property is at, or just beyond, its bound.
FILLER = [f"{char}w{number}x" for number, char in enumerate("abcdefghijklmnopqrst" * 4)]


def judged(text, language="en"):
    verdicts = load_profile("gopher").judge(texts(text), pa.array([language]))
    return {
        name.split("/")[1].split("@")[0] for name, failed in verdicts.failures.items() if failed[0]
    }


def lines_of(words, width=6):
    return "\n".join(" ".join(words[at : at + width]) for at in range(0, len(words), width))


KEPT = lines_of(["the", "and", *FILLER[:58]])


def test_a_text_within_all_bounds_is_kept():
    assert judged(KEPT) == set()


@pytest.mark.parametrize(
    ("at_bound", "beyond", "rule"),
    [
        # 50 words are enough, 49 are not.
        (
            lines_of(["the", "and", *FILLER[:48]]),
            lines_of(["the", "and", *FILLER[:47]]),
            "word_count",
        ),
        # 6 number signs on 60 words are 0.1; 7 on 61 are 0.115.
        (KEPT.replace("x", "#", 6), KEPT.replace("x", "#", 6) + " #y", "hash_to_word_ratio"),
        # 6 ellipses on 60 words are 0.1; 7 on 60 are not. (None ends a line.)
        (
            KEPT.replace("x ", "... ", 6),
            KEPT.replace("x ", "... ", 7),
            "ellipsis_to_word_ratio",
        ),
        # 9 of 10 lines with a bullet are 0.9; 10 of 10 are not.
        (
            KEPT.replace("\n", "\n- "),
            "- " + KEPT.replace("\n", "\n- "),
            "bullet_line_fraction",
        ),
        # 3 of 10 lines ending in an ellipsis are 0.3; 4 are not.
        (
            KEPT.replace("\n", "\u2026\n", 3),
            KEPT.replace("\n", "\u2026\n", 4),
            "ellipsis_line_fraction",
        ),
        # 48 of 60 words with a letter are 0.8; 47 are not.
        (
            lines_of(["the", "and", *FILLER[:46], *(f"{n}{n}1" for n in range(10, 22))]),
            lines_of(["the", "and", *FILLER[:45], *(f"{n}{n}1" for n in range(10, 23))]),
            "alphabetic_word_fraction",
        ),
        # Two distinct stop words, or one of them twice.
        (KEPT, KEPT.replace("and", "the", 1), "stop_words"),
        # 10 lines of which 3 are the same are 0.3; of 10, 4 are not.
        (
            "\n".join([*[KEPT.split("\n")[0]] * 3, *KEPT.split("\n")[3:]]),
            "\n".join([*[KEPT.split("\n")[0]] * 4, *KEPT.split("\n")[4:]]),
            "duplicate_line_fraction",
        ),
    ],
)
def test_a_text_at_the_bound_is_kept_and_one_beyond_it_is_not(at_bound, beyond, rule):
    assert rule not in judged(at_bound)
    assert rule in judged(beyond)


def test_mean_word_length_is_bounded_on_both_sides():
    assert "mean_word_length" in judged(" ".join(["ab"] * 60))  # mean 2
    assert "mean_word_length" not in judged(" ".join(["abc"] * 60))  # mean 3
    assert "mean_word_length" not in judged(" ".join(["a" * 10] * 60))
    assert "mean_word_length" in judged(" ".join(["a" * 10] * 59 + ["a" * 11]))


def test_repeating_half_of_a_text_makes_all_its_characters_duplicate():
    # 30 different words, twice: every 5- to 10-gram within a half occurs twice, so all 60 words
    # lie in one.
    half = " ".join(FILLER[:30])
    (found,) = values_of(f"{half} {half}")
    for n in range(5, 11):
        assert found[f"gopher/duplicate_{n}_gram_character_fraction@1"] == 1


def test_the_most_frequent_ngram_counts_overlapping_words_once():
    # "a a a a b": the 2-gram (a, a) occurs three times and covers four of five characters.
    (found,) = values_of("a a a a b")
    assert found["gopher/top_2_gram_character_fraction@1"] == Fraction(4, 5)


def test_of_equally_frequent_ngrams_the_longest_counts():
    # (x y) and (long word) occur twice each; 8 of 4 + 2 x 8 + 2 = 24 characters... worked out:
    # words: x y . long word ; x y , long word -> characters 1+1+1+4+4+1+1+1+1+4+4 = 23.
    (found,) = values_of("x y . long word ; x y , long word")
    assert found["gopher/top_2_gram_character_fraction@1"] == Fraction(16, 23)


def test_stop_words_are_asked_of_english_only():
    text = lines_of(FILLER[:60])
    assert "stop_words" in judged(text, "en")
    assert "stop_words" not in judged(text, "de")
    verdicts = load_profile("gopher").judge(texts(text), pa.array(["de"]))
    assert verdicts.values["gopher/stop_words@1"].to_pylist() == [None]


def test_the_first_reason_is_the_first_rule_of_the_profile_that_fails():
    verdicts = load_profile("gopher").judge(texts(KEPT, "#"), pa.array(["en", "en"]))
    assert verdicts.first_reason.to_pylist() == [None, "gopher/word_count@1"]
    assert verdicts.failures["gopher/hash_to_word_ratio@1"].tolist() == [False, True]


def test_an_unknown_profile_is_refused_with_the_nearest():
    with pytest.raises(RecipeError, match="did you mean 'gopher'"):
        load_profile("gofer")
