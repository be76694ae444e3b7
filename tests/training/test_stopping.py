import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from haybale.training.ranks import Ranks
from haybale.training.recipe import TrainingRecipe
from haybale.training.report import StepReport
from haybale.training.stopping import TrainingStopped
from haybale.training.train import train


def _sender(step: int, *numbers: int) -> Callable[[StepReport], None]:
    def send(report: StepReport) -> None:
        if report.step == step:
            for number in numbers:
                signal.raise_signal(number)

    return send


def _losses(output: Path) -> list[tuple[int, float]]:
    lines = (output / "steps.jsonl").read_text().splitlines()
    return [(row["step"], row["loss"]) for row in map(json.loads, lines)]


def _checkpoint(output: Path) -> dict[str, Any]:
    return dict(torch.load(output / "checkpoint.pt", weights_only=True))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_ends_the_step_and_goes_on_there(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path, number: int
) -> None:
    undisturbed, stopped = tmp_path / "undisturbed", tmp_path / "stopped"
    expected = train(recipe, corpus, undisturbed)
    before = signal.getsignal(number)
    # Checkpoints are due after steps 4, 8 and 12. Asked between steps 5 and 6, it takes the 6th.
    name = signal.Signals(number).name
    with pytest.raises(
        TrainingStopped, match=rf"^{name}: stopped after step 6 of 12, which .*\.pt"
    ):
        train(recipe, corpus, stopped, on_step=_sender(5, number))
    assert signal.getsignal(number) is before
    assert _checkpoint(stopped)["step"] == 6
    assert [step for step, _ in _losses(stopped)] == [1, 2, 3, 4, 5, 6]
    found = train(recipe, corpus, stopped, resume=True)
    assert found.validation == expected.validation
    assert _losses(stopped) == _losses(undisturbed)
    ours, theirs = _checkpoint(stopped)["model"], _checkpoint(undisturbed)["model"]
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_asked_in_its_last_step_it_finishes_and_says_so_all_the_same(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    # Or a sweep would begin its next run.
    with pytest.raises(TrainingStopped, match="stopped after step 12 of 12"):
        train(recipe, corpus, tmp_path, on_step=_sender(12, signal.SIGTERM))
    assert (tmp_path / "validations.jsonl").read_text().count("\n") == 1
    assert train(recipe, corpus, tmp_path, resume=True).validation


def test_ctrl_c_twice_does_not_wait(corpus: Path, recipe: TrainingRecipe, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(recipe, corpus, tmp_path, on_step=_sender(2, signal.SIGINT, signal.SIGINT))
    assert not (tmp_path / "checkpoint.pt").exists()


def test_a_scheduler_that_says_it_twice_is_heard_once(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    with pytest.raises(TrainingStopped, match="after step 3 of 12"):
        train(recipe, corpus, tmp_path, on_step=_sender(2, signal.SIGTERM, signal.SIGTERM))


def test_what_is_to_be_ignored_stays_ignored(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert train(recipe, corpus, tmp_path, on_step=_sender(2, signal.SIGINT)).validation
    finally:
        signal.signal(signal.SIGINT, before)


def test_it_stops_with_the_process_that_was_asked(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if another process added its wish to stop to the sum of (loss, wish) of the third step.
    sums = iter(range(100))

    def summed(ranks: Ranks, tensor: torch.Tensor) -> torch.Tensor:
        if tensor.dtype == torch.float32 and tensor.shape == (2,) and next(sums) == 2:
            tensor[1] += 1
        return tensor

    monkeypatch.setattr(Ranks, "summed", summed)
    with pytest.raises(TrainingStopped, match="another process was asked: stopped after step 3 of"):
        train(recipe, corpus, tmp_path)
    assert _checkpoint(tmp_path)["step"] == 3
