"""A build depends on the version of each package whose rule, reader or key it uses."""

import pytest

from haybale.corpus.errors import RecipeError
from haybale.pipeline.planning.dependencies import PACKAGES, check_same
from haybale.pipeline.planning.used_modules import used_modules
from haybale.pipeline.recipe.loaded import parse_build_recipe


def test_modules_of_rules_and_keys_are_those_that_the_recipe_uses():
    subset = {"name": "web", "paths": ["x.jsonl"], "quality": "c4"}
    raw = {
        "name": "x",
        "subsets": [subset],
        "dedup": {"exact": ["url"]},
        "tokenizer": {"train": {}},
    }
    assert used_modules(parse_build_recipe(raw, None), ()) == {
        "haybale.quality.rules.c4",
        "haybale.quality.edits.c4",
        "haybale.pipeline.dedup.keys.url",
    }


def test_a_worker_with_another_version_of_a_package_is_refused():
    with pytest.raises(RecipeError, match=r"packages straw has version 2 here.*started with 1"):
        check_same({PACKAGES: {"straw": "2"}}, {PACKAGES: {"straw": "1"}})
    with pytest.raises(RecipeError, match="packages straw has version None here"):
        check_same({}, {PACKAGES: {"straw": "1"}})
