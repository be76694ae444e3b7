import json
import random

import pytest

from haybale.cli import main
from haybale.corpus.indexed_shards import indexed_shards
from haybale.corpus.manifest import read_manifest
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.tokenization.tokenizer import read_tokenizer


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Documents of letters a to h, whose vocabulary has a piece for every byte."""
    folder = tmp_path_factory.mktemp("overlap")
    rng = random.Random(0)
    texts = [" ".join("".join(rng.choices("abcdefgh", k=5)) for _ in range(60)) for _ in range(30)]
    (folder / "a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    (folder / "recipe.toml").write_text(
        'name = "overlap"\nsubsets = [{ name = "web", paths = ["a.jsonl"] }]\n'
        "[ingest]\nidentify_language = false\n"
        "[tokenizer]\ntrain = { vocabulary_size = 290 }\n"
        "[shards]\nvalidation_fraction = 0\nchunk_tokens = 32\n"
    )
    output = folder / "out"
    arguments = ["build", str(folder / "recipe.toml"), "--output", str(output), "--quiet"]
    assert main(arguments) == 0
    return output


def overlap(corpus, path, capsys, *options):
    status = main(["inspect", str(corpus), "--overlap", str(path), *options])
    return status, capsys.readouterr()


def test_a_planted_passage_is_reported_with_its_document(corpus, tmp_path, capsys):
    folder = Folder(str(corpus))
    (shard,) = indexed_shards(read_index(folder))
    (batch,) = shard.batches(folder, read_manifest(folder).tokens.dtype)
    offsets, ids = batch
    # Seventy tokens of the fourth document, from its tenth on, between words of other letters.
    planted = ids[offsets[3] + 10 : offsets[3] + 80]
    tokenizer = read_tokenizer(folder)
    path = tmp_path / "exam.txt"
    path.write_text("ZYX WVU " * 5 + tokenizer.decode(planted) + " WVU ZYX" * 5)
    status, printed = overlap(corpus, path, capsys, "--json")
    assert status == 0
    found = json.loads(printed.out)
    assert found["chunk_tokens"] == 32
    whole = [row for row in found["chunks"] if row["overlap"] == 1]
    # However the passage lies, 70 tokens, or a few less where its ends are tokenized otherwise
    # among other words, cover a chunk of 32 whole; and no other document has 32 of them.
    assert whole
    for row in whole:
        place = row["shard_token"]
        assert row["run_tokens"] == row["num_tokens"] == 32
        assert offsets[3] + 10 <= place <= offsets[3] + 80 - 32
        assert row["run"].strip() in tokenizer.decode(planted)
    assert sum(row["run_tokens"] for row in found["chunks"]) >= 60
    status, printed = overlap(corpus, path, capsys, "--limit", "1")
    assert f"{len(found['chunks'])} chunks of 32 tokens" in printed.out
    assert f"32 of 32 stand at {shard.path}:{whole[0]['shard_token']}" in printed.out
    assert f"document {whole[0]['doc_id']}" in printed.out


def test_a_text_of_other_letters_has_nothing_in_common(corpus, tmp_path, capsys):
    path = tmp_path / "other.txt"
    path.write_text("ZYXWVUTSRQ" * 20)
    _, printed = overlap(corpus, path, capsys, "--json")
    rows = json.loads(printed.out)["chunks"]
    # At most a space that begins a word.
    assert max(row["run_tokens"] for row in rows) <= 1
    assert sum(row["num_tokens"] for row in rows) >= 200


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), (b"\xff\xfe", "expected a file of UTF-8 text"), (b"", "empty file")],
)
def test_a_file_without_text_is_one_clear_line(corpus, tmp_path, capsys, content, said):
    path = tmp_path / "bad.txt"
    if content is not None:
        path.write_bytes(content)
    status, printed = overlap(corpus, path, capsys)
    assert status == 2
    assert printed.err.count("\n") == 1
    assert said in printed.err
