from planted_card import card

from haybale.cards.blocks import Table
from haybale.cards.sections import reproduce


def tables(found):
    return [block for block in reproduce.section(found).blocks if isinstance(block, Table)]


def test_versions_models_and_the_recipe_are_shown():
    versions, digests, recipe = tables(card())
    assert versions.rows == (("haybale", "0"),)
    [(name, kind, digest)] = digests.rows
    assert (name.text, kind, digest.text) == ("language", "models", "ef")
    assert ("subsets.web.paths", "['a']") in [(key.text, value.text) for key, value in recipe.rows]


def test_a_long_recipe_is_cut_and_says_where_the_rest_is():
    section = reproduce.section(card(recipe={f"key{n}": n for n in range(250)}))
    assert "50 more settings" in section.blocks[-1].parts[0]


def test_list_entries_go_by_their_names():
    settings = dict(reproduce.flat_settings({"a": [{"name": "x", "b": 1}, {"c": [1, 2]}], "d": {}}))
    assert settings == {"a.x.b": "1", "a.x.name": "x", "a.1.c": "[1, 2]"}
