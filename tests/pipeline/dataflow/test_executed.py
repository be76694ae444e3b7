"""Level 5: what Dataflow would run, run here, gives the corpus that a build here gives."""

import pytest
from dataflow_here import files_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("which", [0, 1], ids=["from-text", "from-lists"])
def test_translated_steps_give_the_same_bytes(translated, which):
    expected, found = files_of(translated.expected[which]), files_of(translated.found[which])
    assert "corpus.json" in expected
    assert found.keys() == expected.keys()
    for name, content in expected.items():
        assert found[name] == content, name
