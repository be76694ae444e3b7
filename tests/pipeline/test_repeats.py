"""The stage `repeats` in whole builds."""

import json

import pyarrow as pa
import pytest
from killed_build import build_until_killed

from haybale.cli import main
from haybale.corpus.decisions import read_ledger
from haybale.corpus.errors import RecipeError
from haybale.corpus.ledger import Ledger
from haybale.corpus.lookup import find_document
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.pipeline import shuffle
from haybale.pipeline.build import build
from haybale.pipeline.engines import local_runner
from haybale.pipeline.jobs import repeats, shared_keys
from haybale.pipeline.kept.survivors import surviving_blocks
from haybale.pipeline.planning.workspace import load_workspace
from haybale.pipeline.progress import Progress
from haybale.pipeline.runners import Engine
from haybale.tokenization.encode import SentencePieceTokenizer
from haybale.tokenization.tokenizer import read_tokenizer

RECIPE = """
name = "repeats"
subsets = [{ name = "web", paths = ["*.jsonl"] }]
ingest = { identify_language = false, part_bytes = 9000, count_people = false }
tokenizer = { train = { vocabulary_size = 340 } }
shards = { target_tokens = 3000 }

[repeats.lines]
min_words = 8
[repeats.paragraphs]
[repeats.spans]
"""
NOTICE = "Subscribe to the letter of our farm, daily or weekly."
"""10 words."""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory, prose):
    """Pages under the same notice, of which some quote the same 60 words, and one of nothing else.

    Pages lie in four files, in as many parts.
    """
    folder = tmp_path_factory.mktemp("repeats")
    quote = " ".join(f"quoted{at}" for at in range(60))
    texts = [f"{NOTICE}\n{prose(seed)}" for seed in range(32)]
    texts[3:30:9] = [f"{text}\n{seed} said: {quote}" for seed, text in enumerate(texts[3:30:9])]
    texts[20] = NOTICE + "\n"
    for number in range(4):
        lines = [json.dumps({"text": text}) + "\n" for text in texts[number * 8 : number * 8 + 8]]
        (folder / f"{number}.jsonl").write_text("".join(lines))
    (folder / "recipe.toml").write_text(RECIPE)
    return folder / "recipe.toml"


@pytest.fixture(scope="module")
def corpus(recipe):
    build_quietly(recipe, recipe.parent / "out")
    return Folder(str(recipe.parent / "out"))


def build_quietly(recipe, output, **options):
    return build(recipe, str(output), progress=Progress(quiet=True), **options)


def texts_of(folder):
    _, parts = load_workspace(folder)
    columns = ["doc_id", "text"]
    batches = [batch for part in parts for _, batch in surviving_blocks(folder, part, columns)]
    return {
        doc_id: text
        for batch in batches
        for doc_id, text in zip(*map(pa.Array.to_pylist, batch), strict=True)
    }


def documents_of(folder):
    """Rows of `documents/`: all pages as they were before."""
    return [
        row
        for path in folder.list("documents")
        for row in pa.ipc.open_file(folder.open(path)).read_all().to_pylist()
    ]


def cut_again(recipe, output, **options):
    """Build up to the stage only; returns what it left."""
    build_quietly(recipe, output, last_stage="deduplicate", **options)
    return left_by_the_stage(output)


def left_by_the_stage(output):
    return {path.name: path.read_bytes() for path in sorted((output / "repeats/web").iterdir())}


def test_one_document_keeps_each_repeat(corpus):
    texts = texts_of(corpus)
    holders = sorted(doc_id for doc_id, text in texts.items() if "Subscribe" in text)
    assert sum("quoted59" in text for text in texts.values()) == 1
    assert holders == [min(row["doc_id"] for row in documents_of(corpus))]


def test_the_ledger_closes_and_counts_documents_and_bytes(corpus):
    rows = read_ledger(corpus)
    ledger = Ledger.from_json(rows)
    ledger.check()
    lines = ledger.total(stage="repeats", outcome="edited", rule="repeats/line@1")
    # Of 32 pages one keeps its notice and its newline, and one is removed.
    assert (lines.documents, lines.text_bytes) == (30, 30 * (len(NOTICE) + 1))
    spans = ledger.total(stage="repeats", outcome="edited", rule="repeats/span@1")
    # Of three pages; "said:", 10 words of 7 bytes and 50 of 8, and the space before each.
    assert (spans.documents, spans.text_bytes) == (2, 2 * (5 + 10 * 7 + 50 * 8 + 61))
    removed = ledger.total(stage="repeats", outcome="removed", rule=repeats.NOTHING_LEFT)
    assert (removed.documents, removed.text_bytes) == (1, len(NOTICE) + 1)
    kept = ledger.total(stage="repeats", outcome="kept")
    assert kept.documents == ledger.total(stage="tokenize", outcome="kept").documents == 31
    assert kept.text_bytes == sum(map(len, texts_of(corpus).values()))


def test_shards_and_tokenizer_see_the_text_that_is_left(corpus):
    encoder = SentencePieceTokenizer(corpus.read("tokenizer/tokenizer.model"))
    found = [
        encoder.decode(tokens)
        for split in ("train", "validation")
        for path in corpus.list(f"shards/{split}/web")
        for tokens in pa.ipc.open_file(corpus.open(path)).read_all()["tokens"].to_pylist()
    ]
    assert sorted(found) == sorted(texts_of(corpus).values())
    facts = json.loads(corpus.read("tokenizer/facts.json"))
    assert facts["sample_bytes"] == sum(map(len, found))


def test_inspect_shows_what_was_cut_and_what_was_removed(corpus, capsys):
    manifest = read_manifest(corpus)
    (path,) = [
        path
        for path in corpus.list("repeats")
        if path.endswith(".removed.arrow")
        and pa.ipc.open_file(corpus.open(path)).read_all().num_rows
    ]
    (row,) = pa.ipc.open_file(corpus.open(path)).read_all().to_pylist()
    found = find_document(corpus, manifest, row["removed"].hex())
    assert found.removal["rule"] == "repeats/nothing_left@1"
    assert (found.removal["num_words"], found.removal["num_words_left"]) == (10, 0)
    left = texts_of(corpus)
    page = next(
        row
        for row in documents_of(corpus)
        if "quoted0" in row["text"] and "quoted0" not in left[row["doc_id"]]
    )
    found = find_document(corpus, manifest, page["doc_id"].hex())
    assert [(cut["rule"], cut["text"][:14]) for cut in found.cuts] == [
        ("repeats/line@1", NOTICE[:14]),
        ("repeats/span@1", " said: quoted0"),
    ]
    assert main(["inspect", corpus.uri, "--document", found.doc_id]) == 0
    assert "repeats/span@1" in capsys.readouterr().out


def test_the_corpus_verifies(corpus):
    for full in (False, True):
        result = verify_corpus(corpus, full=full, tokenizer=read_tokenizer)
        assert result.problems == ()
        assert result.exact_documents == result.compared_documents == 31


# Beam's thread that minds a worker process raises where the process ends with a status because its
# channel was closed first: after the work is done, and of no consequence to it.
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnhandledThreadExceptionWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::ResourceWarning",
)
@pytest.mark.slow
def test_two_workers_give_the_same_bytes(recipe, corpus, tmp_path, monkeypatch):
    build_quietly(recipe, tmp_path / "two", last_stage="ingest")
    monkeypatch.setattr(local_runner, "LIGHT_BYTES", -1)  # processes for this little input too
    found = cut_again(recipe, tmp_path / "two", engine=Engine(workers=2))
    assert found == left_by_the_stage(recipe.parent / "out")


def test_many_passes_over_small_partitions_give_the_same_bytes(
    recipe, corpus, tmp_path, monkeypatch
):
    monkeypatch.setattr(shuffle, "PARTITION_BYTES", 1000)
    monkeypatch.setattr(shared_keys, "PASS_PARTITIONS", 3)
    found = cut_again(recipe, tmp_path / "many")
    assert (tmp_path / "many/run/repeats/live-001.json").exists()
    assert (tmp_path / "many/run/repeats/verdicts-001.json").exists()
    assert found == left_by_the_stage(recipe.parent / "out")


def test_how_input_is_split_into_parts_and_batches_changes_no_text(
    recipe, corpus, tmp_path, monkeypatch
):
    from haybale.pipeline.sources import collector

    monkeypatch.setattr(collector, "BATCH_ROWS", 5)
    cut_again(recipe, tmp_path / "whole", overrides=("ingest.part_bytes=1000000",))
    assert texts_of(Folder(str(tmp_path / "whole"))) == texts_of(corpus)


@pytest.mark.parametrize(
    "point",
    [
        "run/repeats/live-000/00001",
        "run/repeats/cuts/web/00002",  # its files are written, its record is not
    ],
)
def test_a_build_killed_and_started_again_gives_the_same_bytes(point, recipe, corpus, tmp_path):
    output = tmp_path / "killed"
    build_until_killed(recipe, output, point)
    assert cut_again(recipe, output) == left_by_the_stage(recipe.parent / "out")


def test_a_document_with_fewer_words_left_than_wanted_is_removed(recipe, tmp_path):
    cut_again(recipe, tmp_path / "out", overrides=("repeats.min_remaining_words=121",))
    results = (tmp_path / "out/run/repeats/cuts/web").glob("*.json")
    ledger = Ledger()
    for result in results:
        ledger.merge(Ledger.from_json(json.loads(result.read_text())["ledger"]))
    # Pages of 120 words lose the notice, but for the one that keeps it; the three that quote have
    # the words "0 said:" and more, of which "0" stays.
    assert ledger.total(outcome="removed", rule=repeats.LITTLE_LEFT).documents == 27
    assert ledger.total(outcome="removed", rule=repeats.NOTHING_LEFT).documents == 1


def test_nothing_left_at_all_is_said(tmp_path):
    (tmp_path / "a.jsonl").write_text((json.dumps({"text": NOTICE + "\n" + NOTICE}) + "\n") * 2)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE + 'keep = "none"\nmin_words = 5\n')
    with pytest.raises(RecipeError, match="repeats: nothing is left of any document"):
        build_quietly(recipe, tmp_path / "out")
