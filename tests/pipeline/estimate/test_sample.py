"""How much text the sample's vocabulary is learned from."""

from types import SimpleNamespace

import pytest

from haybale.corpus.ledger import Amount, Ledger
from haybale.pipeline.estimate import sample
from haybale.pipeline.recipe.loaded import load_build_recipe


@pytest.mark.parametrize(
    ("kept", "fraction", "expected"),
    [
        (200_000_000, 0.001, 20_000_000),  # as much as the build
        (40_000_000, 0.001, 10_000_000),  # a quarter of what there is
        (40_000_000, 0.9, 18_000_000),  # of nine tenths nine tenths of what the build learns from
        (3, 0.0, 1),
    ],
)
def test_a_vocabulary_is_learned_from_a_quarter_or_the_builds_share_of_the_text_at_most(
    recipe, monkeypatch, kept, fraction, expected
):
    ledger = Ledger()
    ledger.add("ingest", "web", "kept", Amount(1, kept))
    units = (SimpleNamespace(step="ingest", ledger=ledger),)
    monkeypatch.setattr(sample, "read_units", lambda folder: units)
    loaded = load_build_recipe(recipe, ["tokenizer.train.sample_bytes=20000000"])
    found = sample._with_less_text(loaded, None, fraction)
    assert found.recipe.tokenizer.train.sample_bytes == expected
