"""Every recipe of a corpus, run on a small sample: what stays, and which rule took out the rest."""

import json
from pathlib import Path

import pytest
from recipe_samples import SAMPLES, Sample
from recipe_samples.fates import built, edited_by, fates
from recipe_samples.planted import KEPT

from haybale.corpus.errors import RecipeError
from haybale.corpus.verify import verify_corpus
from haybale.quality.language import LanguageIdentifier
from haybale.tokenization.tokenizer import read_tokenizer


@pytest.fixture(params=SAMPLES)
def name(request: pytest.FixtureRequest) -> str:
    """A recipe whose packages and models are installed."""
    if request.param in ("fineweb", "refinedweb", "vietnamese"):
        pytest.importorskip("trafilatura")
    if request.param != "code":
        try:
            LanguageIdentifier()
        except RecipeError:
            pytest.skip("no language model is installed")
    return str(request.param)


@pytest.fixture
def sample(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sample:
    """The recipe's sample, in a folder that its placeholders name."""
    written = SAMPLES[name](tmp_path)
    for variable, value in written.environment.items():
        monkeypatch.setenv(variable, value)
    return written


def test_every_document_has_the_fate_that_was_planted(
    name: str, sample: Sample, tmp_path: Path
) -> None:
    folder = built(name, tmp_path / "out")
    found, expected = fates(folder), {}
    for url, fate in sample.expected.items():
        if isinstance(url, tuple):  # either stays; which one, digests decide
            pair = [found.pop(one) for one in url]
            assert sorted(pair) == sorted([KEPT, fate]), url
        else:
            expected[url] = fate
    assert found == expected
    assert sample.edited <= edited_by(folder)


@pytest.mark.slow
def test_the_whole_recipe_runs_and_its_corpus_verifies(
    name: str, sample: Sample, tmp_path: Path
) -> None:
    folder = built(name, tmp_path / "out", last_stage="document")
    assert verify_corpus(folder, full=True, tokenizer=read_tokenizer).problems == ()
    # One of each pair, and every single one that is kept.
    kept = sum(
        isinstance(url, tuple) or fate.startswith(KEPT) for url, fate in sample.expected.items()
    )
    totals = json.loads(folder.read("corpus.json"))["totals"]
    assert sum(n["documents"] for split in totals.values() for n in split.values()) == kept
