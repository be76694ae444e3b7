"""What holds for shipped recipes before any text is read: lists, numbers, and what is missing."""

import json
import re
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from recipe_samples import SAMPLES
from recipe_samples.fates import RECIPES, built
from recipe_samples.pages import article

from haybale.cli import main
from haybale.cli.recipes import find
from haybale.corpus.errors import RecipeError
from haybale.pipeline.recipe.build_recipe import BuildRecipe
from haybale.pipeline.recipe.loaded import load_build_recipe
from haybale.quality.profiles import load_profile
from haybale.quality.verdicts import judge

SHIPPED = sorted(RECIPES.glob("*.toml"))


def recipe(name: str) -> BuildRecipe:
    return load_build_recipe(RECIPES / f"{name}.toml", []).recipe


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_first_line_says_what_a_recipe_is(path: Path) -> None:
    first, second = path.read_text().split("\n")[:2]
    assert first.startswith("# ")
    assert first.endswith(".")
    assert len(first) <= 100
    assert second == "#"


def test_the_verb_lists_every_recipe_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes"]) == 0
    told = capsys.readouterr().out
    for path in SHIPPED:
        about = path.read_text().split("\n")[0].removeprefix("# ")
        (line,) = (line for line in told.split("\n") if line.split()[:1] == [path.stem])
        assert line.endswith(f"  {about}")
    build, train = told.split("haybale train NAME ...")
    assert "  fineweb " in build
    assert "  train_small " in train


def test_the_verb_prints_a_recipe_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes", "fineweb"]) == 0
    assert capsys.readouterr().out == (RECIPES / "fineweb.toml").read_text()
    assert main(["recipes", "fineweb", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "fineweb"
    assert main(["recipes", "--json"]) == 0
    verbs = {row["name"]: row["verb"] for row in json.loads(capsys.readouterr().out)}
    assert verbs == {
        path.stem: "train" if path.stem.startswith("train_") else "build" for path in SHIPPED
    }


def test_the_verbs_help_ends_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["recipes", "--help"])
    assert ended.value.code == 0
    assert "haybale recipes fineweb" in capsys.readouterr().out.partition("examples:")[2]


def test_a_recipe_that_is_none_is_refused_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["recipes", "finweb"]) == 2
    assert "did you mean 'fineweb'?" in capsys.readouterr().err


PLACEHOLDERS = [
    (name, variable)
    for name in SAMPLES
    for variable in sorted(set(re.findall(r"\$\{(\w+)\}", (RECIPES / f"{name}.toml").read_text())))
]
"""What each recipe needs from its user."""


@pytest.mark.parametrize(("name", "variable"), PLACEHOLDERS)
def test_what_is_missing_is_said_before_any_work(
    name: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other, value in SAMPLES[name](tmp_path).environment.items():
        monkeypatch.setenv(other, value)
    monkeypatch.delenv(variable)
    with pytest.raises(RecipeError) as raised:
        built(name, tmp_path / "out")
    said = str(raised.value)
    assert said.endswith(f": the environment variable {variable} is not set; set it")
    assert "\n" not in said
    assert not list((tmp_path / "out").rglob("*.arrow"))


def test_relative_paths_of_a_shipped_recipe_start_where_its_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMMON_CRAWL", "crawl")
    loaded = load_build_recipe(find("common_crawl_warc"), [])
    assert loaded.locate("${COMMON_CRAWL}/a.warc", "here") == str(tmp_path / "crawl/a.warc")
    # Of a copy, and of any other recipe, at its own folder.
    copy = tmp_path / "recipes" / "copy.toml"
    copy.parent.mkdir()
    copy.write_text(find("common_crawl_warc").read_text())
    assert load_build_recipe(copy, []).locate("a.warc", "here") == str(copy.parent / "a.warc")


@pytest.mark.parametrize(
    ("name", "kind", "length", "threshold", "bands"),
    [
        # Rae et al. 2021, A.1.1: 13-grams, above 0.8; bands are not told.
        ("massivetext", "words", 13, 0.8, None),
        ("common_crawl_warc", "words", 13, 0.8, None),
        # datatrove, examples/fineweb.py and fineweb-2-pipeline.py: 5-grams, 14 buckets of 8.
        ("fineweb", "words", 5, 0.75, (14, 8)),
        ("vietnamese", "words", 5, 0.75, (14, 8)),
        # Penedo et al. 2023, G.3.1: 5-grams, 9,000 hashes.
        ("refinedweb", "words", 5, 0.8, (450, 20)),
        # Li et al. 2023, and bigcode-dataset: 5-grams, 0.7.
        ("code", "words", 5, 0.7, None),
    ],
)
def test_near_duplicates_are_the_papers(
    name: str, kind: str, length: int, threshold: float, bands: tuple[int, int] | None
) -> None:
    dedup = recipe(name).dedup
    assert dedup is not None
    scheme = dedup.scheme
    assert scheme is not None
    assert (scheme.shingles.kind, scheme.shingles.length) == (kind, length)
    assert scheme.threshold == threshold
    if bands is None:
        assert scheme.recall(threshold) >= 0.99
    else:
        assert (scheme.num_bands, scheme.band_rows) == bands


def test_other_choices_are_the_papers() -> None:
    fineweb, refinedweb, dclm = (recipe(name) for name in ("fineweb", "refinedweb", "dclm"))
    for one in (fineweb, refinedweb, dclm):
        (subset,) = one.subsets
        assert (subset.languages, subset.min_language_score) == (("en",), 0.65)
    # Penedo et al. 2024: within each crawl. 2023: everywhere, and runs of 50.
    assert fineweb.dedup is not None
    assert fineweb.dedup.scope == "snapshot"
    assert refinedweb.repeats is not None
    assert refinedweb.repeats.spans is not None
    assert refinedweb.repeats.spans.min_words == 50
    # Li et al. 2024: the best tenth, of text that Resiliparse extracts; the others' Trafilatura.
    assert dclm.subsets[0].classifiers["quality"].keep_fraction == 0.1
    extractors = [one.ingest.extractor for one in (fineweb, refinedweb, dclm)]
    assert extractors == ["trafilatura", "trafilatura", "resiliparse"]


def test_decomposed_vietnamese_has_no_stop_words() -> None:
    text = article(0, words="vi")
    texts = pa.array([text, unicodedata.normalize("NFD", text)], pa.large_string())
    judged = judge(load_profile("fineweb2"), texts, pa.array(["vi", "vi"]))
    assert judged.first_reason.to_pylist() == [None, "datatrove/stop_words@1"]
