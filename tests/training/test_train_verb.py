import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from haybale.cli import main

RECIPE = """
name = "small"
[model]
depth = 1
width = 16
heads = 2
[training]
sequence_length = 32
batch_size = 4
tokens = 512
learning_rate = 1e-3
checkpoint_every = 2
"""


@pytest.fixture
def recipe_file(tmp_path: Path) -> str:
    path = tmp_path / "small.toml"
    path.write_text(RECIPE)
    return str(path)


def test_the_verb_trains_and_reports(
    corpus: Path, recipe_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "run"
    command = ["train", recipe_file, "--data", str(corpus), "--output", str(output)]
    assert main([*command, "--device", "cpu", "--json", "--set", "training.tokens=768"]) == 0
    printed = capsys.readouterr()
    # 768 tokens are six steps of 4 x 32.
    assert json.loads(printed.out)["plan"]["num_steps"] == 6
    assert "step 6/6  loss" in printed.err
    assert len((output / "steps.jsonl").read_text().splitlines()) == 6


def test_text_that_is_read_often_is_told(
    corpus: Path, recipe_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", recipe_file, "--data", str(corpus), "--device", "cpu"]
    # Some 13,700 tokens to train on: 70,000 are 5 times as many.
    for tokens, is_told in ((70_000, True), (4096, False)):
        more = ["--set", f"training.tokens={tokens}", "--set", "training.batch_size=64"]
        assert main([*command, *more, "--output", str(tmp_path / str(tokens))]) == 0
        assert ("note: books is read 5." in capsys.readouterr().err) == is_told


def test_a_second_run_into_the_folder_needs_resume(
    corpus: Path, recipe_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", recipe_file, "--data", str(corpus), "--output", str(tmp_path / "run")]
    assert main([*command, "--device", "cpu", "--resume"]) == 0
    said = capsys.readouterr().err
    assert f"no checkpoint in {tmp_path / 'run'} yet: from the beginning\n" in said
    assert main([*command, "--device", "cpu"]) == 1
    assert "--resume" in capsys.readouterr().err
    assert main([*command, "--device", "cpu", "--resume"]) == 0
    assert "resumed after step 4" in capsys.readouterr().err


def test_a_mistake_in_the_recipe_exits_2_with_one_line(
    corpus: Path, recipe_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", recipe_file, "--data", str(corpus), "--set", "training.batch_sise=4"]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "did you mean 'batch_size'" in error


def test_a_finished_run_is_drawn_and_exported(
    corpus: Path, recipe_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", recipe_file, "--data", str(corpus), "--output", str(tmp_path / "run")]
    assert main([*command, "--device", "cpu"]) == 0
    capsys.readouterr()
    plot, llama = tmp_path / "run.svg", tmp_path / "llama"
    (corpus_with_tokenizer := tmp_path / "corpus").mkdir()
    for path in corpus.iterdir():
        (corpus_with_tokenizer / path.name).symlink_to(path)
    (corpus_with_tokenizer / "tokenizer").mkdir()
    special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    eos = {"id": 1, "content": "</s>", "special": True, **special}
    words = {"type": "WordLevel", "vocab": {"<unk>": 0, "</s>": 1}, "unk_token": "<unk>"}
    (corpus_with_tokenizer / "tokenizer" / "tokenizer.json").write_text(
        json.dumps({"version": "1.0", "added_tokens": [eos], "model": words})
    )
    command[3] = str(corpus_with_tokenizer)
    finished = [*command, "--device", "cpu", "--resume"]
    assert main([*finished, "--plot", str(plot), "--export", str(llama)]) == 0
    assert "model.safetensors" in capsys.readouterr().out
    assert "tokens per second" in plot.read_text()
    assert (llama / "config.json").exists()
    # A second time it is told before anything else.
    assert main([*finished, "--export", str(llama)]) == 2
    assert "--export" in capsys.readouterr().err
    assert main([*finished, "--plot", str(tmp_path / "run.jpg")]) == 2
    assert ".png or .svg" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda path: path.write_text(""), "expected a folder, found a file"),
        (lambda path: (path / "sub").mkdir(parents=True), "empty or yet to be made"),
    ],
)
def test_an_export_that_cannot_be_is_told_before_training(
    corpus: Path,
    recipe_file: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    made: Callable[[Path], object],
    message: str,
) -> None:
    llama, output = tmp_path / "llama", tmp_path / "run"
    made(llama)
    command = ["train", recipe_file, "--data", str(corpus), "--output", str(output)]
    assert main([*command, "--device", "cpu", "--export", str(llama)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not output.exists()


def test_a_corpus_without_a_tokenizer_is_told_before_training(
    corpus: Path, recipe_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", recipe_file, "--data", str(corpus), "--output", str(tmp_path / "run")]
    assert main([*command, "--device", "cpu", "--export", str(tmp_path / "llama")]) == 1
    error = capsys.readouterr().err
    assert "tokenizer" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_machine_that_is_taken_away_loses_nothing(
    corpus: Path, recipe_file: str, tmp_path: Path
) -> None:
    output = tmp_path / "run"
    verb = ["train", recipe_file, "--data", str(corpus), "--output", str(output), "--device", "cpu"]
    verb += ["--set", "training.tokens=512000", "--set", "training.checkpoint_every=100000"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    several = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
    running = subprocess.Popen(
        [*several, "2", "-m", "haybale.cli", *verb],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (output / "steps.jsonl").exists() or not (output / "steps.jsonl").read_text():
        assert running.poll() is None
        time.sleep(0.05)
    running.terminate()  # torchrun passes it on
    said = running.communicate(timeout=120)[1]
    assert running.returncode != 0
    stopped = re.search(r"SIGTERM: stopped after step (\d+) of 4000, which", said)
    assert stopped, said
    saved = torch.load(output / "checkpoint.pt", weights_only=True)
    steps = [json.loads(line)["step"] for line in (output / "steps.jsonl").read_text().splitlines()]
    assert saved["step"] == int(stopped[1]) == steps[-1] < 4000


@pytest.mark.slow
def test_of_several_processes_one_speaks(corpus: Path, recipe_file: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "haybale.cli", "train", recipe_file]
    command += ["--data", str(corpus), "--output", str(tmp_path / "run"), "--device", "cpu"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, "--json"],
        check=True,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert json.loads(done.stdout)["plan"]["world_size"] == 2
    assert done.stderr.count("step 4/4  loss") == 1


@pytest.mark.slow
def test_killed_without_warning_it_resumes_to_the_same_losses(
    corpus: Path, recipe_file: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", "import sys; from haybale.cli import main; sys.exit(main())"]
    command += ["train", recipe_file, "--data", str(corpus), "--device", "cpu"]
    command += ["--set", "training.tokens=38400", "--set", "training.checkpoint_every=7"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    subprocess.run([*command, "--output", str(undisturbed)], check=True, env=environment)
    running = subprocess.Popen([*command, "--output", str(killed)], env=environment)
    while not (killed / "checkpoint.pt").exists():
        assert running.poll() is None
        time.sleep(0.01)
    running.kill()
    assert running.wait() != 0  # of 300 steps at least the last were not taken
    resumed = [*command, "--output", str(killed), "--resume"]
    subprocess.run(resumed, check=True, env=environment)
    losses = [
        [json.loads(line)["loss"] for line in (path / "steps.jsonl").read_text().splitlines()]
        for path in (killed, undisturbed)
    ]
    assert len(losses[0]) == 300
    assert losses[0] == losses[1]
