import itertools
import json
import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from haybale.corpus.errors import (
    CheckpointMismatchError,
    HaybaleError,
    ManifestMismatchError,
    RecipeError,
    StorageError,
)
from haybale.corpus.manifest import read_manifest, write_manifest
from haybale.corpus.storage import Folder
from haybale.loaders import TokenDataset
from haybale.training import train as training
from haybale.training.model import Decoder
from haybale.training.recipe import TrainingRecipe
from haybale.training.report import RunPlan, StepReport
from haybale.training.train import train

VOCABULARY = 32
BYTES_PER_TOKEN = 4


class Killed(Exception):
    pass


def changed(recipe: TrainingRecipe, **settings: Any) -> TrainingRecipe:
    """The recipe with other settings of its table `training`."""
    return replace(recipe, training=replace(recipe.training, **settings))


def _killer(step: int) -> Callable[[StepReport], None]:
    def stop(report: StepReport) -> None:
        if report.step == step:
            raise Killed

    return stop


def _lines(output: Path, name: str = "steps.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / name).read_text().splitlines()]


def _losses(output: Path) -> list[tuple[Any, ...]]:
    """What must not depend on a clock: step, tokens, loss and learning rate, to the last digit."""
    wanted = ("step", "tokens", "loss", "learning_rate")
    return [tuple(line[name] for name in wanted) for line in _lines(output)]


def _weights(output: Path) -> dict[str, torch.Tensor]:
    return dict(torch.load(output / "checkpoint.pt", weights_only=True)["model"])


def test_the_loss_falls_below_guessing(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    longer = changed(recipe, tokens=60 * 8 * 32)
    reports: list[StepReport] = []
    result = train(longer, corpus, tmp_path, on_step=reports.append)
    # Scores begin with a variance of 0.4, which costs half of it on average.
    assert reports[0].loss == pytest.approx(math.log(VOCABULARY) + 0.2, abs=0.2)
    assert result.final_loss < 0.5 * reports[0].loss
    assert result.validation
    assert result.validation.loss < 0.5 * reports[0].loss


def test_the_recipe_chooses_the_order(corpus: Path, recipe: TrainingRecipe, tmp_path: Path) -> None:
    orders = {}
    for shuffle in ("auto", "full", "block"):
        train(changed(recipe, shuffle=shuffle), corpus, tmp_path / shuffle)
        orders[shuffle] = [line["loss"] for line in _lines(tmp_path / shuffle)]
    assert orders["auto"] == orders["full"]  # its shards are local
    assert orders["block"] != orders["full"]
    with pytest.raises(CheckpointMismatchError, match="shuffle is 'block' there, 'full' here"):
        train(changed(recipe, shuffle="full"), corpus, tmp_path / "block", resume=True)


def test_killed_and_resumed_equals_undisturbed_bit_for_bit(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    expected = train(recipe, corpus, undisturbed)
    for step in (2, 6, 11):  # before the first checkpoint, and between two of them
        with pytest.raises(Killed):
            train(recipe, corpus, killed, resume=True, on_step=_killer(step))
    found = train(recipe, corpus, killed, resume=True)
    assert _losses(killed) == _losses(undisturbed)
    assert [step for step, *_ in _losses(killed)] == list(range(1, 13))
    assert (found.final_loss, found.validation) == (expected.final_loss, expected.validation)
    ours, theirs = _weights(killed), _weights(undisturbed)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert _lines(killed, "validations.jsonl") == _lines(undisturbed, "validations.jsonl")


def test_a_finished_run_resumes_to_its_result(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    first = train(recipe, corpus, tmp_path)
    steps: list[StepReport] = []
    again = train(recipe, corpus, tmp_path, resume=True, on_step=steps.append)
    assert steps == []
    assert (again.final_loss, again.validation) == (first.final_loss, first.validation)


def test_micro_batches_change_only_rounding(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    train(recipe, corpus, tmp_path / "whole")
    train(changed(recipe, micro_batch_size=2), corpus, tmp_path / "micro")
    whole, micro = ([row[2] for row in _losses(tmp_path / name)] for name in ("whole", "micro"))
    assert micro == pytest.approx(whole, rel=1e-4)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of PyTorch's compiler about itself
def test_a_compiled_model_learns_the_same(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    recipe = replace(recipe, model=replace(recipe.model, depth=1))  # the compiler takes long enough
    train(recipe, corpus, tmp_path / "plain")
    train(changed(recipe, compile=True), corpus, tmp_path / "compiled")
    plain, compiled = (
        [row[2] for row in _losses(tmp_path / name)] for name in ("plain", "compiled")
    )
    assert compiled == pytest.approx(plain, rel=1e-4)
    assert _weights(tmp_path / "compiled").keys() == _weights(tmp_path / "plain").keys()


def test_a_longer_horizon_is_a_higher_rate_in_the_end(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    longer = changed(recipe, horizon_tokens=15 * 8 * 32, warmup_fraction=0.0)
    result = train(longer, corpus, tmp_path)
    assert result.plan.num_steps == 12
    # The 12th of 15 steps, one of them to warm up: (12 - 2) / 14 of the cosine's way.
    share = 0.1 + 0.9 * (1 + math.cos(math.pi * 10 / 14)) / 2
    assert _losses(tmp_path)[-1][3] == pytest.approx(5e-3 * share)
    with pytest.raises(RecipeError, match="horizon_tokens: expected the token budget, 3072"):
        train(changed(recipe, horizon_tokens=16 * 8 * 32), corpus, tmp_path / "other")


def test_many_runs_in_one_process_leave_each_other_alone(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    results = [train(recipe, corpus, tmp_path / name) for name in "ab"]
    train(changed(recipe, seed=1), corpus, tmp_path / "c")
    assert results[0] == results[1]
    assert _losses(tmp_path / "a") == _losses(tmp_path / "b") != _losses(tmp_path / "c")


def test_the_logs_have_a_line_for_each_step_and_validation(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    train(changed(recipe, validate_every=5), corpus, tmp_path)
    steps = _lines(tmp_path)
    assert list(steps[0]) == [
        "step", "tokens", "loss", "learning_rate", "gradient_norm", "tokens_per_second",
        "flops_per_second", "mfu", "data_wait_fraction",
    ]  # fmt: skip
    assert [(line["step"], line["tokens"]) for line in steps] == [
        (step, step * 256) for step in range(1, 13)
    ]
    assert all(0 <= line["data_wait_fraction"] <= 1 for line in steps)
    assert all(line["mfu"] is None for line in steps)  # no peak is known of a CPU
    validations = _lines(tmp_path, "validations.jsonl")
    assert [line["step"] for line in validations] == [5, 10, 12]
    # A token is 4 bytes of text here, and a nat is 1 / ln 2 bits.
    for line in validations:
        assert line["bits_per_byte"] == pytest.approx(line["loss"] / math.log(2) / BYTES_PER_TOKEN)


def test_speed_waiting_and_utilisation_are_shares_of_a_steps_time(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A step looks at the clock as it begins, has its data, and ends: 1 of 4 seconds waited.
    seconds = (10.0 * step + at for step in itertools.count() for at in (0, 1, 4))
    clock = SimpleNamespace(perf_counter=lambda: next(seconds))
    monkeypatch.setattr(training, "time", clock)
    monkeypatch.setattr(training, "peak_flops", lambda device, num_devices: 1e9 * num_devices)
    train(changed(recipe, tokens=512), corpus, tmp_path)
    for line in _lines(tmp_path):
        assert line["tokens_per_second"] == 256 / 4
        assert line["data_wait_fraction"] == 1 / 4
        # Per block 4 matrices of 32 x 32 and 3 of 32 x 128, two blocks, and the readout of
        # 32 x 32: 6 x 33,792 x 256 operations in 4 s are 1.3e7, and attention adds some.
        assert line["flops_per_second"] == pytest.approx(1.3e7, rel=0.2)
        assert line["mfu"] == pytest.approx(line["flops_per_second"] / 1e9, abs=1e-4)


def test_the_rate_rises_over_the_warm_up(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    train(changed(recipe, warmup_fraction=0.25), corpus, tmp_path)
    # Three of 12 steps, to 0.005.
    rates = [rate for *_, rate in _losses(tmp_path)]
    assert rates[:4] == pytest.approx([0.005 / 3, 0.01 / 3, 0.005, 0.005])
    assert rates[4] < 0.005


def test_the_seed_is_of_the_order_too(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []

    def opened(*positional: Any, seed: int, **named: Any) -> TokenDataset:
        given.append(seed)
        return TokenDataset(*positional, seed=seed, **named)

    monkeypatch.setattr(training, "TokenDataset", opened)
    train(changed(recipe, seed=7, tokens=256), corpus, tmp_path)
    assert given == [7]


def test_weights_of_no_subset_are_refused(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match="no subset 'web'"):
        train(changed(recipe, weights={"web": 1.0}), corpus, tmp_path)


def test_the_plan_is_told_before_the_first_step(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    plans: list[RunPlan] = []
    result = train(recipe, corpus, tmp_path, on_plan=plans.append)
    (plan,) = plans
    assert plan == result.plan
    assert (plan.num_steps, plan.num_tokens, plan.first_step) == (12, 12 * 8 * 32, 0)
    assert plan.flops == 6 * plan.num_parameters * plan.num_tokens
    # Near 13,000 tokens make some 400 samples, of which 12 x 8 are drawn.
    assert plan.epochs["books"] == pytest.approx(96 / 400, rel=0.1)


def test_tokens_follow_the_models_size(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    by_size = changed(recipe, tokens=None, tokens_per_parameter=0.1)
    plan = train(by_size, corpus, tmp_path).plan
    assert plan.num_steps == round(0.1 * plan.num_parameters / 256)


def test_a_folder_with_a_run_is_not_overwritten(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        train(recipe, corpus, tmp_path, on_step=_killer(1))
    with pytest.raises(ManifestMismatchError, match="--resume"):
        train(recipe, corpus, tmp_path)


def test_another_recipes_checkpoint_is_refused_naming_both_sides(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    train(recipe, corpus, tmp_path)
    other = changed(recipe, learning_rate=1e-3)
    with pytest.raises(
        CheckpointMismatchError, match=r"learning_rate is 0\.005 there, 0\.001 here"
    ):
        train(other, corpus, tmp_path, resume=True)


def test_a_checkpoint_of_another_corpus_is_refused(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    train(recipe, corpus, tmp_path / "run")
    other = tmp_path / "other"
    other.mkdir()
    (other / "shards").symlink_to(corpus / "shards")
    known = read_manifest(Folder(str(corpus)))
    write_manifest(Folder(str(other)), replace(known, lineage={"built": "anew"}))
    before = (tmp_path / "run" / "steps.jsonl").read_bytes()
    with pytest.raises(CheckpointMismatchError, match=r"corpus: .* there, .* here"):
        train(recipe, other, tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "steps.jsonl").read_bytes() == before


def test_a_full_disk_leaves_the_checkpoint_before(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Killed):
        train(recipe, corpus, tmp_path, on_step=_killer(5))
    before = (tmp_path / "checkpoint.pt").read_bytes()
    save = torch.save

    class Full:
        def __init__(self, file: Any) -> None:
            self.file, self.room = file, 5000

        def write(self, data: bytes) -> int:
            self.room -= len(data)
            if self.room < 0:
                raise OSError(28, "No space left on device")
            return int(self.file.write(data))

    monkeypatch.setattr(torch, "save", lambda content, file: save(content, Full(file)))
    with pytest.raises(StorageError, match=r"step 8 cannot be written \(.*No space left"):
        train(recipe, corpus, tmp_path, resume=True)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {
        "checkpoint.pt", "steps.jsonl", "validations.jsonl",
    }  # fmt: skip


def test_logs_are_on_the_disk_before_the_checkpoint(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # After a power cut a checkpoint without the lines before it would leave a gap for ever.
    synced: list[str] = []
    sync = os.fsync

    def record(descriptor: int) -> None:
        synced.append(os.path.realpath(f"/proc/self/fd/{descriptor}").split("/")[-1])
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    train(changed(recipe, checkpoint_every=100), corpus, tmp_path)
    logs = ["steps.jsonl", "validations.jsonl"]
    assert synced == [*logs, "checkpoint.pt.tmp", tmp_path.name]


def test_a_torn_checkpoint_is_refused(corpus: Path, recipe: TrainingRecipe, tmp_path: Path) -> None:
    train(recipe, corpus, tmp_path)
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(CheckpointMismatchError, match=r"checkpoint\.pt: cannot be read"):
        train(recipe, corpus, tmp_path, resume=True)


def test_nothing_in_a_checkpoint_is_executed(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "executed",))

    torch.save({"format": "haybale/checkpoint@1", "model": Trap()}, tmp_path / "checkpoint.pt")
    with pytest.raises(CheckpointMismatchError, match="cannot be read"):
        train(recipe, corpus, tmp_path, resume=True)
    assert not (tmp_path / "executed").exists()


def test_a_loss_that_is_no_number_stops_the_run_and_says_where(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    wild = changed(recipe, learning_rate=1e30, warmup_fraction=0.0)
    with pytest.raises(HaybaleError, match=r"(loss is|norm) (nan|inf) .* lower"):
        train(wild, corpus, tmp_path)


def test_gradients_that_are_no_numbers_reach_neither_weights_nor_checkpoint(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward, calls = Decoder.forward, iter(range(100))

    def broken(model: Decoder, *inputs: Any, **named: Any) -> torch.Tensor:
        loss = forward(model, *inputs, **named)
        if next(calls) == 3:  # of the fourth step, whose checkpoint is due
            loss.register_hook(lambda gradient: gradient * math.nan)
        return loss

    monkeypatch.setattr(Decoder, "forward", broken)
    with pytest.raises(
        HaybaleError, match=r"step 4: the loss is [12]\.\d+ and its gradient's norm nan"
    ):
        train(recipe, corpus, tmp_path)
    assert len(_lines(tmp_path)) == 3
    assert not (tmp_path / "checkpoint.pt").exists()


def test_a_model_that_cannot_be_measured_is_not_saved(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = Decoder.forward

    def broken(model: Decoder, *inputs: Any, **named: Any) -> torch.Tensor:
        loss = forward(model, *inputs, **named)
        return loss if torch.is_grad_enabled() else loss * math.nan

    monkeypatch.setattr(Decoder, "forward", broken)
    with pytest.raises(HaybaleError, match=r"the loss on held-out text is nan: .* diverged"):
        train(changed(recipe, checkpoint_every=100), corpus, tmp_path)
    assert not (tmp_path / "checkpoint.pt").exists()
    assert _lines(tmp_path, "validations.jsonl") == []


def test_longer_gradients_are_cut_and_the_log_has_their_norm(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    for name, most in (("cut", 0.01), ("whole", 1e9)):
        settings = {"tokens": 256, "validation_samples": 0, "max_gradient_norm": most}
        train(changed(recipe, **settings), corpus, tmp_path / name)
    (cut,), (whole,) = _lines(tmp_path / "cut"), _lines(tmp_path / "whole")
    assert cut["gradient_norm"] == whole["gradient_norm"] > 0.1
    # After one step AdamW's first moment is (1 - 0.9) of the gradient.
    for name, norm in (("cut", 0.01), ("whole", whole["gradient_norm"])):
        moments = torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["optimizer"]
        first = torch.cat([moment["exp_avg"].flatten() for moment in moments.values()])
        assert float(first.norm()) == pytest.approx(0.1 * norm, rel=1e-3)


def test_training_without_validation_writes_none(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    result = train(changed(recipe, validation_samples=0), corpus, tmp_path)
    assert result.validation is None
    assert _lines(tmp_path, "validations.jsonl") == []


def test_a_device_that_is_not_there_is_refused(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("abacus", "mps", "meta"):
        with pytest.raises(RecipeError, match=f"expected cpu or cuda, found '{name}'"):
            train(recipe, corpus, tmp_path, device=name)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RecipeError, match="PyTorch finds no cuda"):
        train(recipe, corpus, tmp_path, device="cuda")


def test_more_processes_than_gpus_are_refused(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(RecipeError, match="expected one of 2 GPUs, found cuda:2"):
        train(recipe, corpus, tmp_path, device="cuda")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_learns_too(corpus: Path, recipe: TrainingRecipe, tmp_path: Path) -> None:
    result = train(changed(recipe, tokens=60 * 8 * 32), corpus, tmp_path, device="cuda")
    assert result.final_loss < 0.5 * math.log(VOCABULARY)
