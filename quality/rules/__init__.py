"""The registry of quality rules: one module per family, found by scanning this package.

A rule is a function of a TextBatch that measures one number of every text, registered under a
versioned name with its unit, source and bounds:

    @rule("gopher/word_count@1", unit="words", source="...", minimum="50", maximum="100000")
    def word_count(batch: TextBatch) -> Measure: ...

Other packages add theirs by the entry point `haybale.rules`, which names such a module.
"""

from functools import cache

from haybale.corpus.extensions import load_registry
from haybale.quality.rules.rule import REGISTERED, Bounds, Measure, Rule, rule

__all__ = ["Bounds", "Measure", "Rule", "rule", "rules"]


@cache
def rules() -> dict[str, Rule]:
    """All rules by name, in order of their modules and of definition."""
    load_registry(__name__, "haybale.rules")
    return dict(REGISTERED)
