"""The examples of docs/transforms.md run as they stand there, and print what they should."""

import contextlib
import io
from pathlib import Path

import pytest
from piece_models import learn

GUIDE = Path(__file__).parents[3] / "docs" / "transforms.md"
SECTIONS = [part.partition("\n") for part in GUIDE.read_text().split("\n## ")]
EXAMPLES = [
    (title, text.split("```python\n")[1].split("```")[0])
    for title, _, text in SECTIONS
    if "```python" in text
]


def printed(name, folder, monkeypatch):
    (folder / "tokenizer.model").write_bytes(learn("unigram"))
    monkeypatch.chdir(folder)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(dict(EXAMPLES)[name], f"{name} of {GUIDE.name}", "exec"), {})
    return out.getvalue()


def test_there_are_three_examples():
    assert [name for name, _ in EXAMPLES] == ["Filter", "Deduplicate", "Encode"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # The advertisement has three sentences and no five, the other text five.
        ("Filter", ["'first_reason': 'c4/sentence_count@1'", "'text': 'The farmer carries hay"]),
        ("Deduplicate", ["b stays", "c stays", "'method': 'minhash/jaccard@1'"]),
        ("Encode", ["[["]),
    ],
)
def test_an_example_prints_what_it_is_about(name, expected, tmp_path, monkeypatch):
    out = printed(name, tmp_path, monkeypatch)
    for part in expected:
        assert part in out
    assert name != "Deduplicate" or "a stays" not in out
