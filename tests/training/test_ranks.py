import json
import os
import random
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import recorded_training
import torch
from torch import distributed
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from haybale.corpus.errors import RecipeError
from haybale.training.ranks import clip_gradients, exchange_gradients
from haybale.training.recipe import TrainingRecipe

WORKER = Path(recorded_training.__file__)
STEPS, BATCH = 12, 12


@pytest.fixture
def recipe(recipe: TrainingRecipe) -> TrainingRecipe:
    """Steps of 12 samples: to share among 2, 3 or 4; padding makes no share's targets alike."""
    settings = replace(recipe.training, batch_size=BATCH, tokens=STEPS * BATCH * 32)
    return replace(recipe, training=settings)


def _folder(
    path: Path, recipe: TrainingRecipe, die_after: int | None = None, **settings: Any
) -> Path:
    path.mkdir(exist_ok=True)
    tables = asdict(replace(recipe, training=replace(recipe.training, **settings)))
    given = {
        name: {key: value for key, value in table.items() if value is not None}
        if isinstance(table, dict)
        else table
        for name, table in tables.items()
    }
    (path / "recipe.json").write_text(json.dumps({**given, "die_after": die_after}))
    return path


def _torchrun(num_processes: int, corpus: Path, *outputs: Path) -> int:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(num_processes), str(WORKER), str(corpus)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run([*command, *map(str, outputs)], env=environment, timeout=300).returncode


def _steps(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "steps.jsonl").read_text().splitlines()]


def _ledger(output: Path) -> list[tuple[int, list[int]]]:
    """Number and inputs of all samples that were handed out, rising by number."""
    files = sorted(output.glob("ledger-*.jsonl"))
    lines = [line for file in files for line in file.read_text().splitlines()]
    return sorted(tuple(json.loads(line)) for line in lines)


def _checkpoint(output: Path) -> dict[str, Any]:
    return dict(torch.load(output / "checkpoint.pt", weights_only=True))


def _assert_same_model(ours: Path, theirs: Path) -> None:
    found, expected = _checkpoint(ours), _checkpoint(theirs)
    torch.testing.assert_close(found["model"], expected["model"], rtol=1e-3, atol=1e-4)
    assert found["optimizer"].keys() == expected["optimizer"].keys()
    for name, moments in expected["optimizer"].items():
        torch.testing.assert_close(found["optimizer"][name], moments, rtol=2e-2, atol=1e-4)


def test_two_processes_train_what_one_does(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    alone = _folder(tmp_path / "alone", recipe)
    # Of a share of 6, 4 at once are asked for; 3 divide it.
    ddp = _folder(tmp_path / "ddp", recipe, parallel="ddp", micro_batch_size=4)
    fsdp = _folder(tmp_path / "fsdp", recipe, parallel="fsdp", micro_batch_size=4)
    result = recorded_training.train_recorded(corpus, alone)
    assert _torchrun(2, corpus, ddp, fsdp) == 0
    assert [number for number, _ in _ledger(alone)] == list(range(STEPS * BATCH))
    for output in (ddp, fsdp):
        assert len(list(output.glob("ledger-*"))) == 2
        assert _ledger(output) == _ledger(alone)
        losses, expected = ([line["loss"] for line in _steps(path)] for path in (output, alone))
        assert losses == pytest.approx(expected, rel=1e-5)
        _assert_same_model(output, alone)
        (validation,) = (output / "validations.jsonl").read_text().splitlines()
        assert result.validation
        assert json.loads(validation)["loss"] == pytest.approx(result.validation.loss, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_and_resumed_by_other_numbers_it_sees_the_same_tokens(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    alone, killed = _folder(tmp_path / "alone", recipe), tmp_path / "killed"
    recorded_training.train_recorded(corpus, alone)
    # One killed before, and one after the checkpoints of steps 4 and 8: what came after those
    # two is lost, and done again.
    first, second = chance.randrange(5, 8), chance.randrange(9, 12)
    _folder(killed, recipe, die_after=first, parallel="fsdp")
    assert _torchrun(2, corpus, killed) != 0
    _folder(killed, recipe, die_after=second, parallel=chance.choice(["ddp", "fsdp"]))
    assert _torchrun(3, corpus, killed) != 0
    seen = _seen_and_forget(killed, until=8 * BATCH)
    _folder(killed, recipe)
    recorded_training.train_recorded(corpus, killed)
    assert seen + _ledger(killed) == _ledger(alone)
    losses, expected = ([line["loss"] for line in _steps(path)] for path in (killed, alone))
    assert losses == pytest.approx(expected, rel=1e-4)
    _assert_same_model(killed, alone)


def _seen_and_forget(output: Path, until: int) -> list[tuple[int, list[int]]]:
    """Samples below a number that were handed out, each once however often it was."""
    ledger = {number: inputs for number, inputs in _ledger(output) if number < until}
    assert all(ledger[number] == inputs for number, inputs in _ledger(output) if number < until)
    for file in output.glob("ledger-*.jsonl"):
        file.unlink()
    return sorted(ledger.items())


def test_a_step_that_cannot_be_shared_is_refused(recipe: TrainingRecipe) -> None:
    with pytest.raises(RecipeError, match="a multiple of the 5 processes, found 12"):
        recipe.training.rank_batch(5)
    with pytest.raises(RecipeError, match="a multiple of the 24 processes, found 12"):
        recipe.training.rank_batch(24)


def test_a_process_takes_the_most_that_divides_its_share(recipe: TrainingRecipe) -> None:
    # Of 12: one process 12, two 6 each. Of a share of 6 at most 4: 3.
    assert [recipe.training.rank_batch(number) for number in (1, 2, 3, 12)] == [12, 6, 4, 1]
    bounded = replace(recipe.training, micro_batch_size=4)
    assert [bounded.rank_batch(number) for number in (1, 2, 3)] == [4, 3, 4]


def test_between_rounds_processes_exchange_nothing(tmp_path: Path) -> None:
    distributed.init_process_group(
        "gloo", store=distributed.FileStore(str(tmp_path / "store"), 1), rank=0, world_size=1
    )
    try:
        model = DistributedDataParallel(torch.nn.Linear(2, 1))
        with exchange_gradients(model, now=False):
            assert not model.require_backward_grad_sync
        with exchange_gradients(model, now=True):
            assert model.require_backward_grad_sync
        sharded = fully_shard(torch.nn.Linear(2, 1), mesh=init_device_mesh("cpu", (1,)))
        told: list[bool] = []
        sharded.set_requires_gradient_sync = told.append  # type: ignore[method-assign]
        for now in (False, True):
            with exchange_gradients(sharded, now=now):
                pass
        assert told == [False, True]
    finally:
        del model, sharded
        distributed.destroy_process_group()


def test_a_common_norm_is_cut() -> None:
    model = torch.nn.Linear(2, 1)
    model.weight.grad, model.bias.grad = torch.tensor([[3.0, 0.0]]), torch.tensor([4.0])
    # 3, 4, 5: cut to 1 they are 0.6 and 0.8.
    assert clip_gradients(model, 1.0) == pytest.approx(5)
    assert model.weight.grad.tolist() == [[pytest.approx(0.6), 0.0]]
    assert model.bias.grad.tolist() == [pytest.approx(0.8)]
