"""`haybale inspect --token` and `--document`, and `haybale verify`, as people see them."""

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from haybale.cli import main
from haybale.corpus.manifest import read_manifest, write_manifest
from haybale.corpus.storage import Folder
from haybale.tokenization.tokenizer import read_tokenizer

GOLDEN = Path(__file__).parents[1] / "golden" / "corpus-v1"
SHARD = "shards/train/web/00000.arrow"


def run(capsys, *arguments):
    """Exit status, output and error output of a command."""
    status = main(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def shown(capsys, *arguments):
    """The only thing that `inspect --json` shows."""
    status, out, _ = run(capsys, "inspect", *arguments, "--json")
    assert status == 0
    (found,) = json.loads(out)
    return found


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A corpus whose records say where they are from."""
    folder, rng = tmp_path_factory.mktemp("provenance"), random.Random(0)
    words = ["hay", "bale", "field", "farm", "barn", "wagon", "river", "stone", "corn", "café"]
    rows = [
        {
            "text": " ".join(rng.choice(words) for _ in range(60)),
            "url": f"https://example.org/{number}",
            "license": "cc-by-4.0",
            "lang": "en",
        }
        for number in range(30)
    ]
    rows.append({**rows[7], "url": "https://example.org/copy"})
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "recipe.toml").write_text(
        'name = "cli"\n[[subsets]]\nname = "web"\npaths = ["a.jsonl"]\nquality = "signals"\n'
        "[ingest]\nidentify_language = false\n[dedup]\n"
        "[tokenizer]\ntrain = { vocabulary_size = 285 }\n[shards]\nvalidation_fraction = 0\n"
    )
    output = folder / "out"
    assert main(["build", str(folder / "recipe.toml"), "--output", str(output), "--quiet"]) == 0
    return output


def test_a_token_leads_to_its_document_its_source_and_the_text_around_it(corpus, capsys):
    found = shown(capsys, str(corpus), "--token", f"{SHARD}:400")
    token = found["token"]
    (shard, start, count) = found["places"][0]
    assert (shard, token["within"]) == (SHARD, 400 - start)
    assert token["document_tokens"] == count
    text = found["document"]["text"]
    assert f"{token['text_before']}{token['text']}{token['text_after']}" in text
    assert found["document"]["url"] == f"https://example.org/{found['record']}"
    assert (found["subset"], found["file"]) == ("web", "a.jsonl")
    assert found["document"]["license"] == "cc-by-4.0"
    assert found["document"]["language"] == found["measures"]["language"] == "en"
    assert found["measures"]["gopher/word_count@1"] == 60
    assert token["piece"] == read_tokenizer(Folder(str(corpus))).piece(token["id"])
    assert shown(capsys, str(corpus), "--document", found["doc_id"])["places"] == [
        [shard, start, count]
    ]


def test_every_token_of_a_document_is_marked_where_it_stands(corpus, capsys):
    found = shown(capsys, str(corpus), "--token", f"{SHARD}:0")
    text, at = found["document"]["text"], ""
    for offset in range(40):
        token = shown(capsys, str(corpus), "--token", f"{SHARD}:{offset}")["token"]
        assert token["text_before"] == at  # nothing is said twice, nothing left out
        at += token["text"]
    assert text.startswith(at)


def test_people_see_the_token_in_brackets_and_where_the_document_is(corpus, capsys):
    (_, start, count) = shown(capsys, str(corpus), "--token", f"{SHARD}:400")["places"][0]
    _, out, _ = run(capsys, "inspect", str(corpus), "--token", f"{SHARD}:{start + count - 1}")
    assert "[</s>]" in out
    assert f"{SHARD}, tokens {start} to {start + count} ({count})" in out
    assert "file: a.jsonl" in out
    assert "without lookup/" not in out


def test_a_removed_document_names_its_survivor_and_has_no_tokens(corpus, capsys):
    num_tokens = read_manifest(Folder(str(corpus))).totals["train"]["web"]["tokens"]
    places = (f"{SHARD}:{at}" for at in range(0, num_tokens, 100))
    rows = [shown(capsys, str(corpus), "--token", place) for place in places]
    (survivor,) = {row["doc_id"]: row for row in rows if row["duplicates"]}.values()
    (removed,) = survivor["duplicates"]
    found = shown(capsys, str(corpus), "--document", removed)
    assert found["places"] == []
    assert found["removal"]["survivor"] == survivor["doc_id"]
    assert found["cluster"] == survivor["cluster"]
    assert {found["record"], survivor["record"]} == {7, 30}


def test_an_earlier_corpus_is_read_through_and_says_so(capsys):
    _, out, _ = run(capsys, "inspect", str(GOLDEN), "--token", f"{SHARD}:7")
    assert "The hay is in t[he] barn." in out
    assert "found by reading files through: an earlier release made this corpus" in out


def test_a_corpus_without_documents_shows_the_token_and_that_no_more_is_known(
    corpus, tmp_path, capsys
):
    """As one that was imported as tokens."""
    copy = tmp_path / "out"
    shutil.copytree(corpus, copy)
    folder = Folder(str(copy))
    manifest = read_manifest(folder)
    kept = tuple(file for file in manifest.files if file.path.startswith("shards/"))
    shutil.rmtree(copy / "tokenizer")
    write_manifest(folder, replace(manifest, files=kept))
    found = shown(capsys, str(copy), "--token", f"{SHARD}:3")
    assert found["token"]["note"] == "the corpus has no tokenizer, so its ids cannot be decoded"
    assert "nothing more is known of its documents" in found["note"]
    status, out, _ = run(capsys, "verify", str(copy), "--full")
    assert status == 0
    assert "not checked: texts: the corpus was imported as tokens, and holds none" in out


def test_verify_prints_what_it_did_and_did_not(corpus, capsys):
    status, out, err = run(capsys, "verify", str(corpus))
    assert (status, err) == (0, "")
    assert "not checked: " in out
    assert "30 documents compared with their texts; 30 of 30 decode to their very text" in out
    status, out, _ = run(capsys, "verify", str(corpus), "--full", "--json")
    result = json.loads(out)
    assert result["full"]
    assert result["problems"] == result["not_checked"] == []


def test_verify_names_what_is_wrong_and_fails(corpus, tmp_path, capsys):
    copy = tmp_path / "out"
    shutil.copytree(corpus, copy)
    (copy / SHARD).write_bytes(b"")
    status, out, err = run(capsys, "verify", str(copy))
    assert status == 1
    assert f"{SHARD}: expected" in err
    assert "its end is missing" in err
    assert "not checked: texts: files are damaged" in out
