"""`haybale remove`: what it prints, and how it ends."""

import json

import pytest
from planted_corpus import write_corpus

from haybale.cli import main
from haybale.corpus.arrow_files import open_arrow
from haybale.corpus.storage import Folder


@pytest.fixture
def corpus(tmp_path):
    """Shards and a card, without documents/."""
    write_corpus(tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def ids(corpus, tmp_path):
    """Two documents of validation, 10 tokens each."""
    path = "shards/validation/web/00000.arrow"
    found = open_arrow(Folder(str(corpus)), path).read_all().column("doc_id").to_pylist()
    (tmp_path / "ids.txt").write_text("".join(f"{one.hex()}\n" for one in found[:2]))
    return str(tmp_path / "ids.txt")


def written(corpus):
    """When each file was written; reading a file changes another time."""
    return {path: path.stat().st_mtime_ns for path in corpus.rglob("*")}


def test_a_dry_run_says_what_would_go_and_writes_nothing(corpus, ids, capsys):
    before = written(corpus)
    assert main(["remove", str(corpus), "--ids", ids, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "2 documents with 20 tokens would go from 1 shard" in said
    assert "validation/web: 2 documents, 20 tokens" in said
    assert before == written(corpus)
    assert main(["remove", str(corpus), "--ids", ids, "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["by"] == {
        "validation": {"web": {"documents": 2, "tokens": 20}}
    }


@pytest.mark.parametrize(
    ("text", "flags", "message"),
    [
        ("", (), "an empty list"),
        ("xyz\n", (), "line 1: expected 32 hex digits"),
        (f"{'ab' * 16}\n", (), "1 of 1 ids are of no document"),
        (f"{'ab' * 16}\n", ("--date", "yesterday"), "expected a day as YYYY-MM-DD"),
    ],
)
def test_what_the_user_can_mend_ends_with_2_and_changes_nothing(
    corpus, tmp_path, capsys, text, flags, message
):
    (tmp_path / "ids.txt").write_text(text)
    before = (corpus / "corpus.json").read_bytes()
    assert main(["remove", str(corpus), "--ids", str(tmp_path / "ids.txt"), *flags]) == 2
    assert message in capsys.readouterr().err
    assert (corpus / "corpus.json").read_bytes() == before


def test_without_a_finished_corpus_it_ends_with_1_and_makes_no_folder(tmp_path, ids, capsys):
    assert main(["remove", str(tmp_path / "nowhere"), "--ids", ids]) == 1
    assert "expected a finished corpus" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()
