import tomllib
from pathlib import Path

RECIPES = Path(__file__).parents[2] / "recipes"


def read(name):
    return tomllib.loads((RECIPES / f"{name}.toml").read_text(encoding="utf-8"))


def test_chinchillas_weights_are_those_of_table_a1():
    # Hoffmann et al. 2022 (arXiv 2203.15556), table A1.
    recipe = read("chinchilla")
    assert {subset["name"]: subset["weight"] for subset in recipe["subsets"]} == {
        "massiveweb": 0.45,
        "books": 0.30,
        "c4": 0.10,
        "news": 0.10,
        "github": 0.04,
        "wikipedia": 0.01,
    }


def test_but_for_name_and_weights_it_is_massivetext():
    recipe, gopher = read("chinchilla"), read("massivetext")
    for raw in (recipe, gopher):
        del raw["name"]
        for subset in raw["subsets"]:
            del subset["weight"]
    assert recipe == gopher
