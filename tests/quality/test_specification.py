from pathlib import Path

from haybale.quality.rules import rules
from haybale.quality.specification import specification


def test_the_written_specification_is_that_of_the_registry():
    path = Path(__file__).parents[2] / "docs" / "rules.md"
    assert path.read_text() == specification(), "haybale rules list --markdown > docs/rules.md"


def test_every_rule_has_its_section():
    for name in rules():
        assert f"## `{name}`" in specification()
