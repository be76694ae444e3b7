"""ApplyRules, beside what rules must say of made texts."""

import apache_beam as beam
import pytest

from haybale.corpus.errors import RecipeError
from haybale.pipeline.transforms import ApplyRules, FromDocuments, ToDocuments
from haybale.pipeline.transforms.packed_profile import PackedProfile
from haybale.quality.profiles import load_profile, profiles
from haybale.quality.profiles.parse import parse_profile

WORD_COUNT = parse_profile("mine", 'rules = ["gopher/word_count@1"]')


@pytest.fixture
def ruled(run, rows):
    def ruled(records, *profile, **settings):
        def graph(root):
            found = root | beam.Create(records) | ToDocuments() | ApplyRules(*profile, **settings)
            outputs = {"kept": found.kept | "K" >> FromDocuments()}
            outputs["dropped"] = found.dropped | "D" >> FromDocuments()
            return outputs | {"measures": found.measures}

        return run(graph)

    return ruled


def test_a_text_is_dropped_by_the_first_rule_that_it_fails(ruled, prose):
    out = ruled([prose(1), "hay " * 10, " \n"], "gopher")
    assert [row["text"] for row in out["kept"]] == [prose(1)]
    reasons = {row["text"]: row["first_reason"] for row in out["dropped"]}
    assert reasons == {"hay " * 10: "gopher/word_count@1", " \n": "document/empty@1"}
    counters = {name: n for name, n in out["counters"].items() if name.startswith("rules/")}
    assert counters == {
        "rules/documents": 3,
        "rules/kept": 1,
        "rules/text_bytes": len(prose(1)) + 40 + 2,
        "rules/dropped/gopher/word_count@1": 1,
        "rules/dropped/document/empty@1": 1,
    }


@pytest.mark.slow
def test_every_document_is_measured_by_every_rule(ruled, rows, prose):
    found = rows(ruled([prose(1), "hay " * 10], "gopher")["measures"])
    numbers = {row["first_reason"]: row["gopher/word_count@1"] for row in found}
    assert numbers == {None: 120.0, "gopher/word_count@1": 10.0}
    names = {"doc_id", "first_reason", *(rule.name for rule in load_profile("gopher").rules)}
    assert found[0].keys() == names


@pytest.mark.slow
def test_kept_texts_are_edited_and_dropped_ones_are_as_they_came(ruled):
    # C4 takes out lines without final punctuation; five sentences are left of one, none of another.
    sentences = "\n".join(f"This is sentence number {word}." for word in "abcde")
    out = ruled([f"Menu\n{sentences}", "Menu\nhome"], "c4")
    assert [row["text"].strip() for row in out["kept"]] == [sentences]
    assert [row["text"] for row in out["dropped"]] == ["Menu\nhome"]


def test_languages_decide_before_rules(ruled, prose):
    records = [
        {"text": prose(1), "lang": "en"},
        {"text": prose(2), "lang": "de"},
        {"text": "x", "lang": "de"},
    ]
    out = ruled(records, "gopher", languages=["en"])
    assert [row["language"] for row in out["kept"]] == ["en"]
    assert {row["first_reason"] for row in out["dropped"]} == {"language/allowed@1"}


@pytest.mark.slow
def test_an_unsure_language_is_dropped(ruled, prose):
    # The record's own label has no score, and so none that is high enough.
    out = ruled([{"text": prose(1), "lang": "en"}], "gopher", min_language_score=0.5)
    assert [row["first_reason"] for row in out["dropped"]] == ["language/score@1"]


@pytest.mark.slow
def test_a_profile_may_be_a_file_or_an_object(ruled, tmp_path, prose):
    path = tmp_path / "mine.toml"
    path.write_text(
        'rules = ["gopher/word_count@1"]\n[bounds]\n"gopher/word_count@1" = {maximum=9}'
    )
    texts = [prose(1), "ten words " * 5, "two words"]
    assert [row["text"] for row in ruled(texts, path)["kept"]] == ["two words"]
    assert [row["text"] for row in ruled(texts, WORD_COUNT)["kept"]] == [prose(1)]


@pytest.mark.parametrize("name", profiles())
def test_every_profile_is_the_same_at_the_other_end(name):
    profile = load_profile(name)
    assert PackedProfile.of(profile).unpack() == profile


def test_a_worker_with_other_rules_refuses():
    packed = PackedProfile.of(load_profile("gopher"))
    other = PackedProfile(**{**vars(packed), "digest": "0" * 32})
    with pytest.raises(RecipeError, match="the same version of haybale"):
        other.unpack()
    other = PackedProfile(**{**vars(packed), "rules": ("mine/rule@1",)})
    with pytest.raises(RecipeError, match="mine/rule@1 is not known on this worker"):
        other.unpack()


@pytest.mark.parametrize(
    ("profile", "settings", "message"),
    [
        ("gophr", {}, "ApplyRules: unknown profile 'gophr'; did you mean 'gopher'"),
        ("none.toml", {}, "ApplyRules: expected a profile in none.toml"),
        ("gopher", {"languages": []}, "expected a list such as"),
        ("gopher", {"languages": "en"}, "expected a list such as"),
        ("gopher", {"min_language_score": 2.0}, "min_language_score: expected a number in"),
    ],
)
def test_what_cannot_be_right_is_refused_before_any_graph(profile, settings, message):
    with pytest.raises(RecipeError, match=message):
        ApplyRules(profile, **settings)
