"""What a recipe asks of languages is checked before any work starts."""

import pytest

from haybale.corpus.errors import RecipeError
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.quality.language import LanguageIdentifier


def refused(recipe, output, *overrides):
    """What a build says, which writes nothing."""
    text = recipe.read_text().replace("identify_language = false", "identify_language = true")
    recipe.write_text(text)
    with pytest.raises(RecipeError) as raised:
        build(recipe, str(output), overrides=overrides, progress=Progress(quiet=True))
    written = [path for path in output.rglob("*") if path.is_file()] if output.exists() else []
    assert [path.name for path in written if path.name != "lock"] == []
    assert "\n" not in str(raised.value)
    return str(raised.value)


def identifier_or_skip():
    try:
        LanguageIdentifier()
    except RecipeError:
        pytest.skip("no language model is installed")


def test_a_language_that_the_model_does_not_know_is_refused(recipe, tmp_path):
    identifier_or_skip()
    recipe.write_text(
        recipe.read_text().replace('name = "web"', 'name = "web"\nlanguages = ["eng"]')
    )
    said = refused(recipe, tmp_path / "out")
    assert said.startswith("subsets.web.languages: 'eng' is no language of the model")
    assert "did you mean 'en'?" in said


def test_a_foreign_model_is_refused(recipe, tmp_path):
    (tmp_path / "model.ftz").write_bytes(b"no model")
    said = refused(recipe, tmp_path / "out", "ingest.language_model='model.ftz'")
    assert "expected a fastText language model" in said


def test_a_missing_model_is_refused(recipe, tmp_path):
    said = refused(recipe, tmp_path / "out", "ingest.language_model='absent.ftz'")
    assert "found no file" in said


def test_a_language_given_by_its_name_is_answered_with_its_code(recipe, tmp_path):
    identifier_or_skip()
    for given, said in (("english", "did you mean 'en'?"), ("German", "did you mean 'de'?")):
        found = refused(recipe, tmp_path / "out", f'subsets.web.languages=["{given}"]')
        assert said in found
    found = refused(recipe, tmp_path / "out", 'subsets.web.languages=["elvish"]')
    assert "expected one of its 176 codes of ISO 639, such as 'en'" in found
    assert len(found) < 300
