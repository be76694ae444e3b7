import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_rel

from haybale.cli import main
from haybale.corpus.arrow_files import open_arrow
from haybale.corpus.errors import CheckpointMismatchError, RecipeError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.training import counted
from haybale.training.ablation import ablate
from haybale.training.ablation_encoding import encode_held_out
from haybale.training.ablation_interval import paired_difference
from haybale.training.ablation_run import AblationRun
from haybale.training.ablation_text import held_out_text
from haybale.training.recipe import TrainingRecipe

WORDS = [*"abcdefghijklmnopqrst"]
RECIPE = """
name = "{name}"
seed = {seed}
[[subsets]]
name = "web"
paths = ["*.jsonl"]
[ingest]
identify_language = false
[dedup]
near = false
[tokenizer]
train = {{ vocabulary_size = {vocabulary} }}
[shards]
validation_fraction = 0.3
"""


def sentences(seed: int, num: int) -> list[list[str]]:
    """Each word is followed by the next of the alphabet: a model can learn what comes."""
    rng = random.Random(seed)
    starts = [rng.randrange(len(WORDS)) for _ in range(num)]
    return [
        [WORDS[(start + at) % len(WORDS)] for at in range(rng.randint(50, 70))] for start in starts
    ]


def shuffled(texts: list[list[str]]) -> list[list[str]]:
    """The same words in no order."""
    rng = random.Random(0)
    return [rng.sample(words, len(words)) for words in texts]


Build = Callable[..., Path]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    def made(texts: list[list[str]], file: str, seed: int = 0, vocabulary: int = 300) -> Path:
        folder = tmp_path_factory.mktemp("corpus")
        rows = (json.dumps({"text": " ".join(words)}) + "\n" for words in texts)
        (folder / f"{file}.jsonl").write_text("".join(rows))
        recipe = RECIPE.format(name=file, seed=seed, vocabulary=vocabulary)
        (folder / "recipe.toml").write_text(recipe)
        command = ["build", str(folder / "recipe.toml"), "--output", str(folder / "out")]
        assert main([*command, "--quiet"]) == 0
        return folder / "out"

    return made


@pytest.fixture(scope="module")
def real(build: Build) -> Path:
    return build(sentences(0, 120), "same")


@pytest.fixture(scope="module")
def worse(build: Build) -> Path:
    """The same documents with their words shuffled: of the same ids, for they are as long."""
    return build(shuffled(sentences(0, 120)), "same")


@pytest.fixture(scope="module")
def other(build: Build) -> Path:
    """Sentences in a file of another name, and so of other ids."""
    return build(sentences(1, 60), "other")


@pytest.fixture(scope="module")
def split_anew(build: Build) -> Path:
    """The documents of `real`, others of them held out."""
    return build(sentences(0, 120), "same", seed=1)


def ids(corpus: Path, split: str) -> set[bytes]:
    folder = Folder(str(corpus))
    rows = read_index(folder).to_pylist()
    shards = {row["shard"] for row in rows if row["split"] == split}
    columns = [open_arrow(folder, shard).read_all().column("doc_id") for shard in shards]
    return {doc_id for column in columns for doc_id in column.to_pylist()}


@pytest.fixture
def short(recipe: TrainingRecipe) -> TrainingRecipe:
    """Forty steps of 8 x 32 tokens."""
    training = replace(recipe.training, tokens=40 * 8 * 32, learning_rate=0.02)
    return replace(recipe, model=replace(recipe.model, depth=1), training=training)


def test_shuffled_words_make_the_worse_model(
    real: Path, worse: Path, other: Path, short: TrainingRecipe, tmp_path: Path
) -> None:
    found = ablate((real, worse), short, 2, tmp_path, held_out=other)
    assert max(found.first) < min(found.second)
    assert found.difference.mean > 0.1
    assert (found.num_tokens, found.num_trained) == (40 * 8 * 32, 0)
    assert found.num_documents == len(ids(other, "validation"))


def test_equal_corpora_do_not_differ(
    real: Path, other: Path, short: TrainingRecipe, tmp_path: Path
) -> None:
    found = ablate((real, real), short, 2, tmp_path, held_out=other)
    assert found.first == found.second
    assert found.difference.mean == 0
    assert not found.difference.is_clear


def test_killed_it_goes_on_to_the_same_result_and_does_nothing_twice(
    real: Path,
    worse: Path,
    short: TrainingRecipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    undisturbed = ablate((real, worse), short, 2, tmp_path / "undisturbed")

    class Killed(Exception):
        pass

    steps = 0

    def stop(num_tokens: int, earlier: bool = False) -> None:
        nonlocal steps
        steps += num_tokens // 256
        if steps >= 66:  # in the second run, after its 24th step's checkpoint
            raise Killed

    killed = tmp_path / "killed"
    with pytest.raises(Killed):
        ablate((real, worse), short, 2, killed, on_tokens=stop)
    told: list[tuple[int, bool]] = []
    left: list[Sequence[AblationRun]] = []

    def hear(num_tokens: int, earlier: bool = False) -> None:
        told.append((num_tokens, earlier))

    found = ablate((real, worse), short, 2, killed, on_plan=left.append, on_tokens=hear)
    assert found == undisturbed
    assert [run.output.name for run in left[0]] == ["a-seed-1", "b-seed-0", "b-seed-1"]
    # The first run at once, the second from the checkpoint of every fourth step; 4 x 40 in all.
    assert told[:3] == [(40 * 256, True), (24 * 256, True), (256, False)]
    assert sum(num_tokens for num_tokens, _ in told) == 4 * 40 * 256
    assert not any(earlier for _, earlier in told[2:])

    def refuse(*arguments: object, **others: object) -> None:
        raise AssertionError("trains again")

    monkeypatch.setattr(counted, "train", refuse)
    assert ablate((real, worse), short, 2, killed) == undisturbed


def test_another_recipe_is_refused(
    real: Path, worse: Path, short: TrainingRecipe, tmp_path: Path
) -> None:
    quick = replace(short, training=replace(short.training, tokens=256))
    ablate((real, worse), quick, 2, tmp_path)
    with pytest.raises(CheckpointMismatchError, match=r"tokens is 256 there, 10240 here"):
        ablate((real, worse), short, 2, tmp_path)


def test_documents_that_a_corpus_trains_on_are_left_out(real: Path, split_anew: Path) -> None:
    found = held_out_text((real, split_anew), (real, split_anew))
    both = ids(real, "validation") & ids(split_anew, "validation")
    assert set(found.doc_ids.to_pylist()) == both
    # Of each corpus's validation documents, those that the other trains on.
    either = ids(real, "validation") | ids(split_anew, "validation")
    assert found.num_trained == len(either - both) > 0
    wanted = {" ".join(words) for words in sentences(0, 120)}
    assert set(found.texts.to_pylist()) <= wanted


def test_a_held_out_corpus_of_training_documents_is_refused(
    real: Path, worse: Path, split_anew: Path, short: TrainingRecipe, tmp_path: Path
) -> None:
    trained = len(ids(split_anew, "validation") & ids(real, "train"))
    with pytest.raises(RecipeError, match=f"{trained} of its validation documents are in a train"):
        ablate((real, worse), short, 2, tmp_path, held_out=split_anew)


def test_text_in_other_tokens_is_the_same_text(
    build: Build, real: Path, other: Path, short: TrainingRecipe, tmp_path: Path
) -> None:
    coarse = build(sentences(0, 120), "same", vocabulary=285)
    text = held_out_text((other,), (real, coarse))
    for name, corpus in (("many", real), ("few", coarse)):
        encode_held_out(text, corpus, tmp_path / name)
    many, few = (read_manifest(Folder(str(tmp_path / n))).totals for n in ("many", "few"))
    here, there = (totals["validation"]["held-out"] for totals in (many, few))
    assert here["text_bytes"] == there["text_bytes"] == sum(map(len, text.texts.to_pylist()))
    assert here["tokens"] != there["tokens"]
    found = ablate((real, coarse), short, 2, tmp_path / "runs", held_out=other)
    assert all(0 < bits < 8 for bits in (*found.first, *found.second))


def test_the_interval_is_students() -> None:
    # Student 1908 compares two drugs by the extra sleep of ten patients: 1.58 hours on average,
    # with a standard deviation of 1.23; t of 9 degrees of freedom is 2.262.
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = paired_difference(first, second)
    assert found.mean == pytest.approx(1.58)
    assert (found.low, found.high) == pytest.approx((0.70, 2.46), abs=0.005)
    between = ttest_rel(second, first).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((between.low, between.high))
    assert found.is_clear


def test_one_seed_and_tokens_by_size_are_refused(
    real: Path, worse: Path, short: TrainingRecipe, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match="expected at least 2"):
        ablate((real, worse), short, 1, tmp_path)
    by_size = replace(short.training, tokens=None, tokens_per_parameter=20.0)
    with pytest.raises(RecipeError, match="equal tokens"):
        ablate((real, worse), replace(short, training=by_size), 2, tmp_path)


def test_a_corpus_without_texts_is_refused(corpus: Path) -> None:
    with pytest.raises(RecipeError, match="was imported as tokens"):
        held_out_text((corpus,), (corpus,))


def test_the_verb_reports(
    real: Path, worse: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["ablate", str(real), str(worse), "--params", "1e4", "--tokens", "2e4"]
    command += ["--seeds", "2", "--device", "cpu", "--output", str(tmp_path)]
    assert main([*command, "--json"]) == 0
    said = capsys.readouterr()
    assert "4 models to train\n" in said.err
    assert re.search(r"^about \d+(\.\d)? (seconds|minutes) on cpu$", said.err, re.M)
    shown = json.loads(said.out)
    assert f"{real}: {shown['tokens']:,} tokens for each, measured on " in said.err
    model, settings = shown["recipe"]["model"], shown["recipe"]["training"]
    length, batch_size = settings["sequence_length"], settings["batch_size"]
    assert (
        f"each model: depth {model['depth']}, width {model['width']}, heads {model['heads']}; "
        f"{shown['tokens'] // (length * batch_size)} steps of {length * batch_size:,} tokens, in "
        f"samples of {length}; "
    ) in said.err
    assert len(shown["first"]["bits_per_byte"]) == len(shown["second"]["bits_per_byte"]) == 2
    mean = np.mean(shown["second"]["bits_per_byte"]) - np.mean(shown["first"]["bits_per_byte"])
    assert shown["difference"]["mean"] == pytest.approx(mean)
    assert main(command) == 0
    again = capsys.readouterr()
    assert "0 models to train (4 of 4 are finished)\nabout 0 seconds on cpu" in again.err
    assert main([*command, "--held-out", str(real)]) == 0
    assert "0 models to train, 4 only to measure\n" in capsys.readouterr().err
    printed = again.out
    assert "95 % interval" in printed
    assert f"{mean:+.4f} bits per byte" in printed


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--params", "10"], "--params: expected"),
        (["--params", "1e4", "--seeds", "1"], "seeds: expected at least 2"),
        (["--params", "1e4", "--tokens", "1"], "do not fill a step"),
        (["--params", "1e4", "--set", "training.seed=1"], "give one with --recipe"),
        (["--recipe", "nowhere.toml"], "nowhere"),
    ],
)
def test_mistakes_are_told_in_one_line(
    flags: list[str],
    message: str,
    real: Path,
    worse: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["ablate", str(real), str(worse), "--output", str(tmp_path), *flags]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
