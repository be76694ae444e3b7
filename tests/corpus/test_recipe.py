from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pytest

from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import expand, parse_section, read_recipe


@dataclass(frozen=True)
class Inner:
    size: int = 3


@dataclass(frozen=True)
class Outer:
    name: str
    ratio: float = 0.5
    kind: Literal["a", "b"] = "a"
    tags: tuple[str, ...] = ()
    inner: Inner = field(default_factory=Inner)
    inners: tuple[Inner, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.ratio < 0:
            raise RecipeError("ratio: expected a positive number")


def test_a_table_becomes_its_dataclass():
    raw = {
        "name": "x",
        "ratio": 1,
        "tags": ["p", "q"],
        "inner": {"size": 4},
        "inners": [{}, {"size": 5}],
        "renames": {"text": "content"},
        "limit": 7,
    }
    parsed = parse_section(Outer, raw, "outer")
    expected = Outer(
        "x", 1.0, "a", ("p", "q"), Inner(4), (Inner(), Inner(5)), {"text": "content"}, 7
    )
    assert parsed == expected


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"name": "x", "nmae": "y"}, r"outer: unknown key 'nmae'; did you mean 'name'\?"),
        ({"name": "x", "zzz": 1}, "known are inner, inners"),
        ({}, "outer: name must be given"),
        ({"name": 5}, "outer.name: expected a string, found 5"),
        ({"name": "x", "ratio": "much"}, "outer.ratio: expected a number, found 'much'"),
        ({"name": "x", "ratio": True}, "expected a number, found True"),
        ({"name": "x", "limit": 1.5}, "expected a whole number, found 1.5"),
        ({"name": "x", "kind": "c"}, "expected one of 'a', 'b', found 'c'"),
        ({"name": "x", "tags": "p"}, "expected a list, found 'p'"),
        ({"name": "x", "tags": [1]}, r"outer.tags\[0\]: expected a string"),
        ({"name": "x", "inner": 3}, "outer.inner: expected a table, found 3"),
        ({"name": "x", "inner": {"sise": 1}}, "outer.inner: unknown key 'sise'; did you mean"),
        ({"name": "x", "ratio": -1.0}, "outer: ratio: expected a positive number"),
        ([], "outer: expected a table, found a list"),
    ],
)
def test_what_cannot_be_right_is_refused_with_place_and_remedy(raw, message):
    with pytest.raises(RecipeError, match=message):
        parse_section(Outer, raw, "outer")


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text('seed = 1\n[[subsets]]\nname = "books"\n[dedup]\nthreshold = 0.8\n')
    return path


def test_overrides_reach_tables_and_named_entries(recipe):
    overrides = ["dedup.threshold=0.7", "subsets.books.weight=2", "shards.new=true", "name=plain"]
    raw = read_recipe(recipe, overrides)
    assert raw["dedup"]["threshold"] == 0.7
    assert raw["subsets"] == [{"name": "books", "weight": 2}]
    assert raw["shards"] == {"new": True}
    assert raw["name"] == "plain"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("dedup.threshold", "expected KEY=VALUE"),
        ("subsets.news.weight=1", r"no entry is named news \(there are books\)"),
        ("seed.more=1", "seed is a value, not a table"),
    ],
)
def test_overrides_that_name_nothing_are_refused(recipe, override, message):
    with pytest.raises(RecipeError, match=message):
        read_recipe(recipe, [override])


def test_missing_and_broken_recipes_are_said(tmp_path):
    with pytest.raises(RecipeError, match="no such recipe"):
        read_recipe(tmp_path / "absent.toml")
    with pytest.raises(RecipeError, match="found a folder"):
        read_recipe(tmp_path)
    (tmp_path / "bad.toml").write_text("name = ")
    with pytest.raises(RecipeError, match="not valid TOML"):
        read_recipe(tmp_path / "bad.toml")


def test_environment_variables_are_taken_or_asked_for(monkeypatch):
    monkeypatch.setenv("BARN", "/barn")
    monkeypatch.delenv("SILO", raising=False)
    assert expand("${BARN}/hay", "here") == "/barn/hay"
    with pytest.raises(RecipeError, match="here: the environment variable SILO is not set"):
        expand("${SILO}/hay", "here")
