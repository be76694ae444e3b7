"""Line edits in a build: shards hold the edited text, documents the text before."""

import json
import random

import pyarrow as pa
import pytest

from haybale.cli import main
from haybale.corpus.decisions import read_ledger
from haybale.corpus.lookup import find_document
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.pipeline.build import build
from haybale.pipeline.kept.documents import document_batches, take_documents
from haybale.pipeline.progress import Progress
from haybale.pipeline.sources import collector
from haybale.tokenization.encode import SentencePieceTokenizer
from haybale.tokenization.tokenizer import read_tokenizer

RECIPE = """
name = "edited"
[[subsets]]
name = "web"
paths = ["web.jsonl"]
quality = "c4"
[dedup]
preset = "gopher"
[tokenizer]
train = { kind = "bpe", vocabulary_size = 320 }
[shards]
target_tokens = 2000
validation_fraction = 0
"""
WORDS = "hay bale field farm winter summer corn barn wagon river the and of to".split()  # noqa: SIM905
MENU = "Home | About\nPlease enable JavaScript now.\n"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    rng = random.Random(5)

    def make_prose() -> str:
        lines = (" ".join(rng.choices(WORDS, k=12)) + "." for _ in range(10))
        return "\n".join(lines)

    folder = tmp_path_factory.mktemp("edited")
    texts = [MENU + make_prose() + "[1]" for _ in range(30)]
    texts += [MENU, MENU + "{ " + make_prose()]
    # The same article under another menu: equal once edited.
    texts.append("Log in\n" + texts[5].removeprefix(MENU))
    (folder / "web.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in texts))
    (folder / "recipe.toml").write_text(RECIPE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collector, "BATCH_ROWS", 7)  # so that rows run on over several batches
        build(folder / "recipe.toml", str(folder / "out"), progress=Progress(quiet=True))
    return Folder(str(folder / "out"))


def parts(folder):
    names = folder.list("documents")
    return [name.removeprefix("documents/").removesuffix(".arrow") for name in names]


def texts_of(batches):
    return [text for batch in batches for text in batch.column("text").to_pylist()]


def test_documents_hold_the_text_before_the_edits(corpus):
    (part,) = parts(corpus)
    table = pa.ipc.open_file(corpus.open(f"documents/{part}.arrow")).read_all()
    assert all(text.startswith(("Home", "Log in")) for text in table.column("text").to_pylist())


def test_whoever_reads_documents_gets_the_edited_text(corpus):
    (part,) = parts(corpus)
    texts = texts_of(document_batches(corpus, part, ["text"]))
    assert len(texts) == 31
    assert not any("JavaScript" in text or "[1]" in text or "|" in text for text in texts)
    rows = pa.array([3, 30]).to_numpy()
    taken = texts_of(take_documents(corpus, part, rows, ["text"]))
    assert taken == [texts[3], texts[30]]


def test_shards_hold_the_edited_text(corpus):
    encoder = SentencePieceTokenizer(corpus.read("tokenizer/tokenizer.model"))
    found = [
        encoder.decode(tokens)
        for path in corpus.list("shards/train/web")
        for tokens in pa.ipc.open_file(corpus.open(path)).read_all().column("tokens").to_pylist()
    ]
    assert found
    assert not any("JavaScript" in text for text in found)


def test_texts_that_are_equal_once_edited_are_duplicates(corpus):
    rows = read_ledger(corpus)
    removed = [row for row in rows if row["outcome"] == "removed"]
    assert [(row["rule"], row["documents"]) for row in removed] == [("exact/text@1", 1)]


def test_the_ledger_counts_what_edits_took_out_of_kept_documents(corpus):
    edited = {
        row["rule"]: (row["documents"], row["text_bytes"])
        for row in read_ledger(corpus)
        if row["outcome"] == "edited"
    }
    # 30 pages and the copy are kept: "Home | About" and a newline are 13 bytes, "Log in" and one 7.
    assert edited["c4/unpunctuated_line@1"] == (31, 30 * 13 + 7)
    assert edited["c4/javascript_line@1"] == (30, 30 * 30)
    assert edited["c4/citation@1"] == (31, 31 * 3)


def test_a_page_of_which_nothing_is_left_is_empty(corpus):
    dropped = {
        row["rule"]: row["documents"] for row in read_ledger(corpus) if row["outcome"] == "dropped"
    }
    assert dropped == {"document/empty@1": 1, "c4/curly_bracket_count@1": 1}


def test_a_document_is_shown_with_what_was_taken_out(corpus):
    manifest = read_manifest(corpus)
    (part,) = parts(corpus)
    row = pa.ipc.open_file(corpus.open(f"documents/{part}.arrow")).read_all().to_pylist()[0]
    found = find_document(corpus, manifest, row["doc_id"].hex())
    assert [(edit["rule"], edit["text"]) for edit in found.edits] == [
        ("c4/unpunctuated_line@1", "Home | About\n"),
        ("c4/javascript_line@1", "Please enable JavaScript now.\n"),
        ("c4/citation@1", "[1]"),
    ]


def test_the_corpus_verifies(corpus):
    assert verify_corpus(corpus, full=True, tokenizer=read_tokenizer).problems == ()


def test_what_a_rule_dropped_is_shown_with_the_number_and_the_place(corpus, capsys):
    argv = ["inspect", corpus.uri, "--dropped", "c4/curly_bracket_count@1", "--json"]
    assert main(argv) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["value"], row["offending"]) == (1.0, "{")
    assert main(["inspect", corpus.uri, "--rules"]) == 0
    assert "c4/javascript_line@1" in capsys.readouterr().out
