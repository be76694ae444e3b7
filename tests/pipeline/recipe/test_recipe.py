from pathlib import Path

import pytest

from haybale.corpus.errors import RecipeError
from haybale.pipeline.recipe.loaded import load_build_recipe, parse_build_recipe

SHIPPED = sorted(Path(__file__).parents[3].joinpath("recipes").glob("*.toml"))
SMALL = {
    "name": "x",
    "subsets": [{"name": "a", "paths": ["a"]}, {"name": "b", "paths": ["b"]}],
    "tokenizer": {"model": "m"},
}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_recipe_is_valid(path):
    if path.stem.startswith("train"):
        from haybale.training.recipe import read_training_recipe

        assert read_training_recipe(path, ()).name
    else:
        assert load_build_recipe(path, []).recipe.subsets


def test_massivetext_is_gophers_table_and_filters_only_its_web_pages():
    recipe = load_build_recipe(SHIPPED[0].with_name("massivetext.toml"), []).recipe
    # Rae et al. 2021, table 2: sampling proportions.
    weights = recipe.weights(dict.fromkeys((s.name for s in recipe.subsets), 1))
    assert weights == pytest.approx(
        {
            "massiveweb": 0.48,
            "books": 0.27,
            "c4": 0.10,
            "news": 0.10,
            "github": 0.03,
            "wikipedia": 0.02,
        }
    )
    assert [subset.name for subset in recipe.subsets if subset.quality] == ["massiveweb"]
    assert recipe.dedup is not None
    scheme = recipe.dedup.scheme
    assert (scheme.shingles.length, scheme.threshold) == (13, 0.8)


def changed(**changes):
    return parse_build_recipe({**SMALL, **changes}, Path())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subsets": []}, r"at least one \[\[subsets\]\]"),
        ({"subsets": [*SMALL["subsets"], SMALL["subsets"][0]]}, "'a' is given to more than one"),
        ({"subsets": [{"name": "a/b", "paths": ["x"]}]}, "expected letters, digits"),
        ({"subsets": [{"name": "a", "paths": []}]}, "expected at least one file"),
        ({"shards": {"best_fit": [2048, 1]}}, "best_fit: expected sequence lengths of 2 to"),
        ({"shards": {"best_fit": [0]}}, "shards: best_fit: expected .*, found 0"),
        ({"shards": {"document_start": [8, 8]}}, "document_start: the sequence length 8 is given"),
        ({"shards": {"best_fit": 2048}}, "shards.best_fit: expected a list"),
        ({"shards": {"chunk_tokens": 0}}, "shards: chunk_tokens: expected at least 1, found 0"),
        ({"subsets": [{"name": "a", "paths": "x"}]}, "expected a list"),
        (
            {"subsets": [{"name": "a", "paths": ["x"], "weight": 1}, SMALL["subsets"][1]]},
            "weight to every subset or to none; not to b",
        ),
        ({"subsets": [{"name": "a", "paths": ["x"], "quality": "gofer"}]}, "mean 'gopher'"),
        ({"subsets": [{"name": "a", "paths": ["x"], "fields": {"txt": "y"}}]}, "unknown field"),
        ({"tokenizer": {}}, "exactly one of"),
        ({"tokenizer": {"model": "m", "train": {}}}, "exactly one of"),
        ({"dedup": {"treshold": 0.5}}, "did you mean 'threshold'"),
        ({"dedup": {"threshold": 1.0}}, r"expected a number in \(0, 1\)"),
        (
            {"dedup": {"keep": ["priority"], "priority": ["zz"]}},
            "dedup.priority: no subset 'zz'; known are a, b",
        ),
        (
            {"dedup": {"keep": ["score"], "score": "q"}},
            "dedup.score: no subset has classifiers",
        ),
        ({"dedup": {"preset": "gofer"}}, "expected one of 'gopher', 'fineweb'"),
        ({"shards": {"validation_fraction": 1}}, r"expected a number in \[0, 1\)"),
        ({"ingest": {"identify_language": False, "language_model": "x"}}, "no effect"),
        (
            {
                "ingest": {"identify_language": False},
                "subsets": [{"name": "a", "paths": ["x"], "languages": ["en"]}],
            },
            "need ingest.identify_language",
        ),
        ({"card": {"license": "mine"}}, "expected an identifier that the Hugging Face hub knows"),
        ({"sedd": 1}, "unknown key 'sedd'; did you mean 'seed'"),
    ],
)
def test_what_cannot_be_right_is_refused(changes, message):
    with pytest.raises(RecipeError, match=message):
        changed(**changes)


def test_weights_are_shares_of_what_has_tokens():
    recipe = changed().recipe
    assert recipe.weights({"a": 30, "b": 10}) == {"a": 0.75, "b": 0.25}
    subsets = [{**subset, "weight": 3 - at} for at, subset in enumerate(SMALL["subsets"])]
    weighted = changed(subsets=subsets).recipe
    assert weighted.weights({"a": 1, "b": 9}) == pytest.approx({"a": 0.6, "b": 0.4})
    assert weighted.weights({"a": 1, "b": 0}) == {"a": 1.0}


def test_an_unknown_extractor_is_refused(tmp_path):
    raw = {
        "name": "a",
        "subsets": [{"name": "a", "paths": ["x"]}],
        "tokenizer": {"model": "m"},
        "ingest": {"extractor": "block"},
    }
    with pytest.raises(
        RecipeError, match=r"ingest: unknown extractor 'block'; did you mean 'blocks'"
    ):
        parse_build_recipe(raw, tmp_path)
