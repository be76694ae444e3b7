"""Two versions of a small corpus, built once by the command line for tests of the card's verbs."""

import json
import random

import pytest

from haybale.cli import main

SHORT = 80
"""Documents of three words, which gopher/word_count@1 drops."""
DUPLICATES = 12
"""Documents that are there twice."""
NUM = 40
"""Different documents that stay."""
HOSTILE = "\u202e<script>alert(1)</script> x"

RECIPE = """
name = "cards"
[[subsets]]
name = "web"
paths = ["*.jsonl"]
quality = "gopher"
[ingest]
identify_language = false
[dedup]
near = false
[tokenizer]
train = { vocabulary_size = 290 }
[card]
samples = "everywhere"
"""


def _texts(seed, num):
    rng = random.Random(seed)
    words = ["the", "and", "that", *("".join(rng.choices("abcdefgh", k=5)) for _ in range(90))]
    return [
        "\n".join(" ".join(["the", "and", *rng.sample(words, 10)]) for _ in range(10))
        for _ in range(num)
    ]


def _write(path, texts):
    rows = (json.dumps({"text": text}) + "\n" for text in texts)
    path.write_text("".join(rows), encoding="utf-8")


def _build(folder):
    arguments = ["build", str(folder / "recipe.toml"), "--output", str(folder / "out"), "--quiet"]
    assert main(arguments) == 0
    return folder / "out"


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """NUM documents, DUPLICATES of them twice, SHORT - 1 too short and HOSTILE."""
    folder = tmp_path_factory.mktemp("cards")
    texts = _texts(0, NUM)
    short = [f"too short {number}" for number in range(SHORT - 1)]
    _write(folder / "a.jsonl", [*texts, *texts[:DUPLICATES], *short, HOSTILE])
    (folder / "recipe.toml").write_text(RECIPE)
    return _build(folder)


@pytest.fixture(scope="session")
def later(corpus, tmp_path_factory):
    """The same and ten more documents in a file of their own, from a recipe with another seed."""
    folder = tmp_path_factory.mktemp("later")
    (folder / "a.jsonl").write_bytes((corpus.parent / "a.jsonl").read_bytes())
    _write(folder / "b.jsonl", _texts(1, 10))
    (folder / "recipe.toml").write_text("seed = 7\n" + RECIPE)
    return _build(folder)


@pytest.fixture
def run(capsys):
    """Runs a command: exit status, output and error output."""

    def run_command(*arguments):
        status = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run_command


@pytest.fixture
def fails(run):
    """Runs a command that must end in one line; gives its status and that line."""

    def run_failing(*arguments):
        status, _, err = run(*arguments)
        assert err.count("\n") == 1, err
        assert status in (1, 2)
        return status, err

    return run_failing
