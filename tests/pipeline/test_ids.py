"""Lists of ids: what they hold, and corpora that are built again from them."""

import json
import shutil

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from haybale.corpus.decisions import read_ledger
from haybale.corpus.errors import RecipeError, SchemaError
from haybale.corpus.ledger import Ledger
from haybale.corpus.lookup import find_document
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.pipeline.runners import Engine
from haybale.tokenization.tokenizer import read_tokenizer

SOURCES = """
name = "listed"
[[subsets]]
name = "web"
paths = ["web/*.jsonl"]
quality = "c4"
[[subsets]]
name = "books"
paths = ["books/*.jsonl"]
[ingest]
identify_language = false
part_bytes = {part_bytes}
[tokenizer]
train = {{ vocabulary_size = 340 }}
[shards]
target_tokens = 3000
validation_fraction = 0.5
"""
DECISIONS = """
[dedup]
[repeats.lines]
min_words = 8
[[decontaminate.sets]]
name = "quiz"
paths = ["quiz.jsonl"]
policy = "cut"
"""
LISTS = '[ids]\nkept = "first/card/ids/kept.parquet"\n'
CUTS = 'cuts = "first/card/ids/cuts.parquet"\n'
QUIZ = "how many bales of hay does the farmer sell in the month of june when the barn burns down"
NOTICE = "Subscribe to the letter of our farm, daily or weekly."


def write(path, texts):
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))


def changed(text):
    """Other words in place of two, three apart and far from both ends: 16 shingles differ."""
    words = text.split(" ")
    words[60] = words[63] = "otherwise"
    return " ".join(words)


def make_sources(folder, prose):
    """Pages with a notice, twins, kin, a quiz, short lines that C4 takes out, one unreadable."""
    pages = [f"{NOTICE}\n{prose(seed)}\nHome" for seed in range(30)]
    # 10 words and 120: 118 shingles of 13 words, of which 102 are shared: 102 / (118 + 16) = 0.76.
    kin = [changed(page) for page in pages[:12]]
    quiz = [f"{prose(seed)}\n{QUIZ}.\n{prose(seed + 1)}" for seed in (50, 52)]
    web = [*pages, *kin, *quiz, *pages[20:24], "Home"]
    for number in range(4):
        write(folder / "web" / f"{number}.jsonl", web[number::4])
    with (folder / "web" / "1.jsonl").open("a") as file:
        file.write("no json\n" + json.dumps({"text": prose(70)}) + "\n")
    write(folder / "books" / "b.jsonl", [prose(seed, 600) for seed in range(90, 96)])
    write(folder / "quiz.jsonl", [QUIZ])


def built(folder, output, sections, *, part_bytes=8 << 20, overrides=(), **options):
    recipe = folder / f"{output}.toml"
    recipe.write_text(SOURCES.format(part_bytes=part_bytes) + sections)
    overrides = ("ingest.max_unreadable_fraction=0.1", *overrides)
    progress = Progress(quiet=True)
    build(recipe, str(folder / output), progress=progress, overrides=overrides, **options)
    return Folder(str(folder / output))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, prose):
    folder = tmp_path_factory.mktemp("ids")
    make_sources(folder, prose)
    return folder


@pytest.fixture(scope="module")
def first(folder):
    return built(folder, "first", DECISIONS)


@pytest.fixture(scope="module")
def again(folder, first):
    return built(folder, "again", LISTS + CUTS, part_bytes=4000)


def read(corpus, name):
    return pq.read_table(corpus.path(f"card/ids/{name}.parquet"))


def files(corpus, below):
    return {path: corpus.read(path) for path in corpus.list(below)}


def shard_ids(corpus):
    """Ids in the order of the shards."""
    found = []
    for split in ("train", "validation"):
        for path in corpus.list(f"shards/{split}"):
            table = pa.ipc.open_file(corpus.open(path)).read_all()
            found += [(doc_id, split) for doc_id in table.column("doc_id").to_pylist()]
    return found


def test_kept_and_removed_divide_what_was_read(first):
    kept, removed = read(first, "kept"), read(first, "removed")
    ids = kept.column("doc_id").to_pylist() + removed.column("doc_id").to_pylist()
    # 30 pages, 12 kin, 2 with the quiz, 4 twins, a menu, a page after the damage, 6 books.
    assert len(set(ids)) == len(ids) == 30 + 12 + 2 + 4 + 1 + 1 + 6
    measured = [
        doc_id
        for path in first.list("measures")
        for doc_id in pa.ipc.open_file(first.open(path)).read_all().column("doc_id").to_pylist()
    ]
    assert set(ids) == set(measured)


def test_the_kept_stand_in_the_order_of_the_shards(first):
    kept = read(first, "kept")
    pairs = zip(*(kept.column(name).to_pylist() for name in ("doc_id", "split")), strict=True)
    assert list(pairs) == shard_ids(first)


def test_removed_documents_name_stage_rule_and_survivor_as_the_ledger_counts_them(first):
    removed = read(first, "removed")
    ledger = Ledger.from_json(read_ledger(first))
    counts = removed.group_by(["subset", "stage", "rule"]).aggregate([([], "count_all")])
    for row in counts.to_pylist():
        outcome = "dropped" if row["stage"] == "ingest" else "removed"
        named = {name: row[name] for name in ("subset", "stage", "rule")}
        assert ledger.total(outcome=outcome, **named).documents == row["count_all"]
    kept = set(read(first, "kept").column("doc_id").to_pylist())
    twins = removed.filter(pc.equal(removed.column("rule"), "exact/text@1"))
    assert twins.num_rows == 4
    assert set(twins.column("survivor").to_pylist()) <= kept
    others = removed.filter(pc.not_equal(removed.column("stage"), "deduplicate"))
    assert others.column("survivor").null_count == others.num_rows > 0


def test_a_document_is_named_by_its_file_and_record(first):
    manifest = read_manifest(first)
    for name in ("kept", "removed"):
        for row in read(first, name).to_pylist():
            found = find_document(first, manifest, row["doc_id"].hex())
            assert (found.subset, found.file, found.record) == (
                *(row["subset"], row["file"], row["record"]),
            )


def test_lists_have_the_same_bytes_whatever_the_split_and_the_workers(folder, first):
    corpus = built(folder, "workers", DECISIONS, part_bytes=4000, engine=Engine(workers=2))
    assert files(corpus, "card/ids") == files(first, "card/ids")


def test_a_corpus_is_built_again_byte_by_byte(first, again):
    assert len(files(first, "shards")) > 5
    assert files(again, "shards") == files(first, "shards")
    assert again.read("tokenizer/tokenizer.model") == first.read("tokenizer/tokenizer.model")


def test_without_families_relatives_would_be_split(first):
    kept = read(first, "kept")
    named = kept.filter(pc.is_valid(kept.column("family")))
    families = named.group_by("family").aggregate([("split", "count_distinct")])
    assert named.num_rows >= 20
    assert families.column("split_count_distinct").to_pylist() == [1] * families.num_rows


def test_the_lists_of_a_corpus_built_again_are_those_it_was_built_from(first, again):
    for path in ("card/ids/kept.parquet", "card/ids/cuts.parquet"):
        assert again.read(path) == first.read(path)
    ids = (read(corpus, "removed").column("doc_id") for corpus in (first, again))
    assert next(ids) == next(ids)


def test_a_corpus_built_again_verifies_and_its_ledger_closes(again):
    ledger = Ledger.from_json(read_ledger(again))
    ledger.check()
    removed = ledger.total(outcome="removed", rule="ids/not_listed@1")
    later = read(again, "removed")
    assert removed.documents == pc.sum(pc.equal(later.column("stage"), "select")).as_py()
    assert ledger.total(stage="repeats", outcome="edited").documents > 20
    assert verify_corpus(again, full=True, tokenizer=read_tokenizer).problems == ()


def test_a_list_may_be_shortened(folder, first):
    """As by somebody who was asked to take a document down."""
    kept = read(first, "kept")
    pq.write_table(kept.slice(1), folder / "shorter.parquet")
    corpus = built(folder, "shorter", LISTS + CUTS, overrides=["ids.kept=shorter.parquet"])
    assert shard_ids(corpus) == shard_ids(first)[1:]


def test_documents_that_the_sources_do_not_have_are_counted_and_one_is_named(
    first, folder, tmp_path
):
    shutil.copytree(folder / "first", tmp_path / "first")
    for name in ("web", "books"):
        shutil.copytree(folder / name, tmp_path / name)
    lines = (tmp_path / "web" / "3.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "web" / "3.jsonl").write_text("".join(lines[:-3]))
    kept = read(first, "kept")
    mine = kept.filter(pc.equal(kept.column("file"), "3.jsonl"))
    lost = mine.filter(pc.greater_equal(mine.column("record"), len(lines) - 3))
    assert lost.num_rows > 0
    name = lost.column("doc_id")[0].as_py().hex()
    expected = (
        f"ids.kept: {lost.num_rows} of {kept.num_rows} documents listed are not in the input here; "
        f"the first is {name}: "
    )
    for _ in range(2):  # and again when the build is started again
        with pytest.raises(RecipeError, match=f"^{expected}"):
            built(tmp_path, "out", LISTS + CUTS)


def test_documents_that_ingest_drops_are_counted_and_one_is_named_with_the_rule(folder, first):
    expected = r"6 of \d+ documents listed were dropped by ingest .* by license/allowed@1: give"
    with pytest.raises(RecipeError, match=expected):
        built(folder, "dropped", LISTS + CUTS, overrides=["subsets.books.licenses=['cc0']"])


def test_files_that_are_not_there_are_named_before_any_work(folder, first):
    overrides = ['subsets.web.paths=["web/0.jsonl", "web/1.jsonl", "web/2.jsonl"]']
    with pytest.raises(RecipeError, match=r"of 1 files .* the first is 3.jsonl of subset web"):
        built(folder, "files", LISTS + CUTS, overrides=overrides)
    assert not (folder / "files" / "documents").exists()


def test_cuts_must_come_along(folder, first):
    with pytest.raises(RecipeError, match=r"cut text out of documents .* as ids.cuts"):
        built(folder, "uncut", LISTS)


def test_cuts_of_another_build_are_refused(folder, first):
    cuts = read(first, "cuts")
    pq.write_table(cuts.slice(1), folder / "other.parquet")
    with pytest.raises(RecipeError, match=r"ids.cuts: .* give both lists of one build"):
        built(folder, "other", LISTS + CUTS, overrides=["ids.cuts=other.parquet"])


def test_what_lists_decide_may_not_be_asked_for_too(folder):
    with pytest.raises(
        RecipeError, match=r"dedup has no effect with ids, .* remove dedup, repeats"
    ):
        built(folder, "both", DECISIONS + LISTS)


def test_another_file_is_no_list(folder, first):
    with pytest.raises(SchemaError, match=r"ids.kept: .* expected a column split of string"):
        built(folder, "kind", LISTS, overrides=["ids.kept=first/card/ids/removed.parquet"])
    with pytest.raises(SchemaError, match="expected Parquet"):
        built(folder, "text", LISTS, overrides=["ids.kept=first.toml"])
    with pytest.raises(RecipeError, match="does not exist"):
        built(folder, "none", LISTS, overrides=["ids.kept=none.parquet"])
