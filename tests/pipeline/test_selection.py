"""A classifier in a build: by threshold, by the best fraction, before duplicates are looked for."""

import json
import math
import random

import pyarrow as pa
import pytest

from haybale.cli import main
from haybale.corpus.decisions import read_ledger
from haybale.corpus.errors import ManifestMismatchError, RecipeError
from haybale.corpus.ledger import Ledger
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.tokenization.tokenizer import read_tokenizer

HAY = "hay bale field farm barn wagon straw meadow and the of to".split()  # noqa: SIM905
SEA = "ship sail mast harbour wave tide rope deck and the of to".split()  # noqa: SIM905
RECIPE = """
name = "selected"
[[subsets]]
name = "web"
paths = ["web.jsonl"]
[subsets.classifiers.quality]
models = [{models}]
{bound}
[ingest]
part_bytes = 4000
identify_language = false
{dedup}
[tokenizer]
train = {{ kind = "bpe", vocabulary_size = 320 }}
[shards]
target_tokens = 4000
"""
NUM_DOCUMENTS = 40


def prose(rng, words):
    return "\n".join(" ".join(rng.choices(words, k=9)) + "." for _ in range(6))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Half hay, half sea, one good page twice and one bad page twice; a model that knows them."""
    folder, rng = tmp_path_factory.mktemp("selection"), random.Random(3)
    for name, words in (("hay", HAY), ("sea", SEA)):
        rows = "".join(json.dumps({"text": prose(rng, words)}) + "\n" for _ in range(60))
        (folder / f"{name}.jsonl").write_text(rows)
    pages = [prose(rng, words) for words in (HAY, SEA) for _ in range(19)]
    pages += [pages[0], pages[19]]
    rng.shuffle(pages)
    (folder / "web.jsonl").write_text("".join(json.dumps({"text": p}) + "\n" for p in pages))
    for model, ngrams in (("quality.bin", "1"), ("other.bin", "2")):
        argv = ["classifier", "train", "--positive", str(folder / "hay.jsonl"), "--negative"]
        argv += [str(folder / "sea.jsonl"), "--output", str(folder / model), "--json"]
        argv += ["--buckets", "1000", "--dimensions", "8", "--epochs", "20", "--held-out", "0.3"]
        assert main([*argv, "--word-ngrams", ngrams]) == 0
    return folder


def built(data, name, bound, *, dedup='[dedup]\npreset = "gopher"', models='"quality.bin"', **how):
    recipe = data / f"{name}.toml"
    recipe.write_text(RECIPE.format(bound=bound, dedup=dedup, models=models))
    build(recipe, str(data / name), progress=Progress(quiet=True), **how)
    return Folder(str(data / name))


def totals(folder):
    ledger = Ledger.from_json(read_ledger(folder))
    ledger.check()
    return ledger


def test_a_report_stands_beside_the_model(data):
    report = json.loads((data / "quality.bin.json").read_text())
    assert report["held_out"]["auc"] == 1.0
    assert report["documents"] == 120


def test_a_threshold_drops_in_ingest_with_the_score_as_number(data):
    folder = built(data, "threshold", "min_score = 0.5")
    ledger = totals(folder)
    # 19 pages of the sea and the second copy of one.
    dropped = ledger.total(outcome="dropped", rule="classifier/quality@1")
    assert dropped.documents == 20
    for path in folder.list("dropped/samples"):
        for row in pa.ipc.open_file(folder.open(path)).read_all().to_pylist():
            assert 0 <= row["value"] < 0.5


def test_without_a_bound_a_classifier_is_measured_and_drops_nothing(data):
    folder = built(data, "measured", "")
    assert totals(folder).total(stage="ingest", outcome="kept").documents == NUM_DOCUMENTS
    (path, *_) = folder.list("measures")
    assert "classifier/quality@1" in pa.ipc.open_file(folder.open(path)).schema.names


@pytest.mark.parametrize("models", ['"quality.bin"', '"quality.bin", "other.bin"'])
def test_the_best_fraction_is_kept_exactly_and_the_ledger_closes(data, models):
    folder = built(data, f"best-{len(models)}", "keep_fraction = 0.3", models=models)
    ledger = totals(folder)
    assert ledger.total(stage="select", outcome="kept").documents == math.ceil(0.3 * NUM_DOCUMENTS)
    removed = ledger.total(stage="select", outcome="removed")
    assert removed.documents == NUM_DOCUMENTS - 12
    kept = ledger.total(stage="deduplicate", outcome="kept").documents
    assert kept + ledger.total(stage="deduplicate", outcome="removed").documents == 12
    assert verify_corpus(folder, full=True, tokenizer=read_tokenizer).problems == ()


def test_only_what_is_good_enough_is_kept_and_looked_at_for_duplicates(data):
    # The bad page's copy is not removed as a duplicate: both are gone before.
    folder = built(data, "half", "keep_fraction = 0.5")
    removed = totals(folder).total(stage="deduplicate", outcome="removed").documents
    assert removed == 1  # the good page's copy
    for path in folder.list("selection"):
        assert pa.ipc.open_file(folder.open(path)).read_all().num_rows > 0


def test_the_best_fraction_needs_no_deduplication(data):
    folder = built(data, "alone", "keep_fraction = 0.5", dedup="")
    ledger = totals(folder)
    assert ledger.total(stage="tokenize", outcome="kept").documents == NUM_DOCUMENTS // 2


def test_how_the_input_is_cut_changes_nothing_of_the_shards(data):
    one = built(data, "cut-small", "keep_fraction = 0.4")
    other = built(
        data, "cut-large", "keep_fraction = 0.4", overrides=["ingest.part_bytes=99999999"]
    )
    for path in one.list("shards"):
        if path.endswith(".arrow") and "index" not in path:
            assert one.read(path) == other.read(path), path


def test_a_changed_model_is_never_reused(data):
    folder = built(data, "changed", "min_score = 0.5", last_stage="ingest")
    (data / "quality2.bin").write_bytes((data / "quality.bin").read_bytes())
    kept = (data / "quality.bin").read_bytes()
    try:
        (data / "quality.bin").write_bytes((data / "other.bin").read_bytes())
        with pytest.raises(ManifestMismatchError, match="a model"):
            built(data, "changed", "min_score = 0.5", last_stage="ingest")
    finally:
        (data / "quality.bin").write_bytes(kept)
    assert folder.exists("run/plan.json")


def test_a_missing_model_is_said_before_any_work(data):
    with pytest.raises(
        RecipeError, match=r"subsets\.web\.classifiers\.quality: expected a fastText"
    ):
        built(data, "missing", "min_score = 0.5", models='"none.bin"')
