"""Builds over documents that crash what works on them: these are recorded, all others kept."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from haybale.corpus.decisions import read_ledger
from haybale.corpus.errors import CorruptInputError
from haybale.corpus.removals import removed_later
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.pipeline.build import build
from haybale.pipeline.ingesting import judging
from haybale.pipeline.jobs import tokens
from haybale.pipeline.progress import Progress
from haybale.tokenization.tokenizer import read_tokenizer

POISON = "deadly nightshade"
BAD = (3, 17, 18)
"""Records with POISON in them."""
RECIPE = """
name = "poisoned"
subsets = [{ name = "web", paths = ["web.jsonl"], quality = "gopher" }]
ingest = { identify_language = false, part_bytes = 9000, max_unreadable_fraction = 0.1 }
dedup = {}
tokenizer = { train = { vocabulary_size = 340 } }
shards = { target_tokens = 3000, validation_fraction = 0.1 }
"""
SAME = ("shards", "documents", "measures", "signatures", "tokenizer", "dedup")
"""Folders in which nothing tells of a record that could not be read."""


@pytest.fixture
def recipe(tmp_path, prose):
    texts = [prose(seed) for seed in range(40)]
    for number in BAD:
        texts[number] += f"\nHere grows {POISON}."
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    (tmp_path / "web.jsonl").write_text(lines)
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return tmp_path / "recipe.toml"


def run(recipe: Path, name: str, *overrides: str) -> Folder:
    output = recipe.parent / name
    build(recipe, str(output), overrides=overrides, progress=Progress(quiet=True))
    return Folder(str(output))


def rows_of(folder, path):
    return pa.ipc.open_file(folder.open(path)).read_all().to_pylist()


def unreadable(folder):
    paths = folder.list("dropped/unreadable")
    return [row for path in paths for row in rows_of(folder, path)]


def raise_at_poison(texts):
    if any(POISON in text for text in texts.to_pylist()):
        raise ZeroDivisionError("no such berry")


@pytest.fixture
def deadly(monkeypatch):
    """What ingest decides on raises at POISON."""
    decide = judging.decide

    def planted(records, *arguments):
        raise_at_poison(records.documents.column("text"))
        return decide(records, *arguments)

    monkeypatch.setattr(judging, "decide", planted)


def with_bad_lines_cut(recipe):
    """The same input, with lines of the same length that are no JSON in the place of poison."""
    path = recipe.parent / "web.jsonl"
    lines = path.read_text().splitlines()
    for number in BAD:
        lines[number] = "x" * len(lines[number])
    path.write_text("".join(f"{line}\n" for line in lines))
    return [sum(len(line) + 1 for line in lines[:number]) for number in BAD]


@pytest.mark.slow
def test_what_crashes_ingest_is_unreadable_and_the_rest_as_if_it_could_not_be_read(recipe, deadly):
    crashed = run(recipe, "crashed")
    positions = with_bad_lines_cut(recipe)
    expected = run(recipe, "expected")
    assert [(row["position"], row["reason"], row["detail"]) for row in unreadable(crashed)] == [
        (position, "crashed", "ZeroDivisionError: no such berry") for position in positions
    ]
    assert [row["reason"] for row in unreadable(expected)] == ["not_json"] * 3
    for kind in SAME:
        assert crashed.list(kind) == expected.list(kind)
        for path in crashed.list(kind):
            assert crashed.read(path) == expected.read(path), path
    rows = [row for row in read_ledger(crashed) if row["outcome"] == "unreadable"]
    assert [(row["rule"], row["documents"]) for row in rows] == [("crashed", 3)]
    assert verify_corpus(crashed, full=True, tokenizer=read_tokenizer).problems == ()


@pytest.mark.slow
def test_what_crashes_counts_towards_the_share_that_may_be_unreadable(recipe, deadly):
    told = r"first of 3 of 40 records that could not be read \(\w+ 3 of 40\), more than"
    with pytest.raises(CorruptInputError, match=told):
        run(recipe, "out", "ingest.max_unreadable_fraction=0.05")


@pytest.mark.slow
def test_what_crashes_the_tokenizer_is_removed_and_named(recipe, monkeypatch):
    read = tokens.read_tokenizer

    def planted(folder):
        tokenizer = read(folder)
        encode = tokenizer.encode

        def encode_or_raise(texts):
            raise_at_poison(texts)
            return encode(texts)

        tokenizer.encode = encode_or_raise
        return tokenizer

    monkeypatch.setattr(tokens, "read_tokenizer", planted)
    folder = run(recipe, "out")
    parts = [path.removeprefix("documents/")[:-6] for path in folder.list("documents")]
    removed = [row for part in parts for row in removed_later(folder, part).to_pylist()]
    gone = [row for row in removed if row["stage"] == "tokenize"]
    assert [row["rule"] for row in gone] == ["tokenize/crashed@1"] * 3
    shards = (path for split in ("train", "validation") for path in folder.list(f"shards/{split}"))
    kept = {row["doc_id"] for path in shards for row in rows_of(folder, path)}
    assert len(kept) == 37
    assert not kept & {row["doc_id"] for row in gone}
    rows = [row for row in read_ledger(folder) if row["rule"] == "tokenize/crashed@1"]
    assert [(row["outcome"], row["documents"]) for row in rows] == [("removed", 3)]
    assert verify_corpus(folder, full=True, tokenizer=read_tokenizer).problems == ()


@pytest.mark.slow
def test_tortured_builds_leave_the_bytes_of_an_undisturbed_one():
    """Ten faults of three kinds, and documents that raise or kill; see the program."""
    program = Path(__file__).parents[3] / "benchmarks" / "torture_build.py"
    kinds = ["kill", "full_disk", "rival"]
    ended = subprocess.run(
        [sys.executable, str(program), "--faults", "10", "--seed", "1", "--kinds", *kinds],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    assert found["ours"] == found["peer"] > 0
