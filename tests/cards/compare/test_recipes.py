from planted_card import card, inputs

from haybale.cards.compare.recipes import ChangedInputs, changed_inputs, changed_settings

LINEAGE = inputs().lineage


def lineage(**files):
    rows = [{"name": name, "bytes": 1, "digest": digest} for name, digest in files.items()]
    return {**LINEAGE, "inputs": {"web": rows}}


def test_lines_of_recipe_versions_and_models_are_compared_by_their_dotted_names():
    recipe = inputs().recipe
    old = card()
    new = card(
        recipe={**recipe, "dedup": {"threshold": 0.8}, "seed": 3},
        lineage={**LINEAGE, "versions": {"haybale": "1"}},
    )
    assert [tuple(line) for line in changed_settings(old, new)] == [
        ("dedup.threshold", None, "0.8"),
        ("lineage.versions.haybale", "0", "1"),
        ("seed", None, "3"),
    ]
    assert changed_settings(old, old) == []


def test_input_files_are_gone_new_or_of_another_content():
    old = card(lineage=lineage(a="1", b="2", c="3"))
    new = card(lineage=lineage(b="2", c="4", d="5"))
    assert changed_inputs(old, new) == ChangedInputs(["web/a"], ["web/d"], ["web/c"])
