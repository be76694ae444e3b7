"""The training loop that the guides show, as it stands there."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

ROOT = Path(__file__).resolve().parents[3]
LOOPS = {
    guide: block
    for guide in ("docs/loader.md",)
    for block in re.findall(r"```python\n(.*?)```", (ROOT / guide).read_text(), re.DOTALL)
    if "def train(" in block
}


class Killed(Exception):
    pass


class Model(torch.nn.Module):
    """Writes down its inputs, and is killed after some steps."""

    def __init__(self, kill_after: int | None) -> None:
        super().__init__()
        self.kill_after = kill_after
        self.layers = torch.nn.Sequential(
            torch.nn.Embedding(32_000, 4), torch.nn.Linear(4, 32_000, bias=False)
        )
        self.found: list[list[int]] = []

    def forward(self, input_ids: torch.Tensor) -> Any:
        if len(self.found) == (self.kill_after or -1) * 4:
            raise Killed
        self.found += input_ids.tolist()
        return self.layers(input_ids)


def test_a_guide_shows_a_loop() -> None:
    assert LOOPS


@pytest.mark.parametrize("guide", LOOPS)
def test_killed_and_started_again_it_trains_as_if_it_never_had_been(
    two_subsets: Path, tmp_path: Path, guide: str
) -> None:
    names: dict[str, Any] = {}
    exec(LOOPS[guide], names)

    def train(kill_after: int | None, checkpoint: str) -> Model:
        torch.manual_seed(0)
        model = Model(kill_after)
        settings = {"batch_size": 4, "sequence_length": 16, "every": 2}
        try:
            names["train"](model, two_subsets, tmp_path / checkpoint, num_steps=8, **settings)
        except Killed:
            assert kill_after
        return model

    whole = train(None, "whole.pt")
    first, second, third = (train(after, "torn.pt") for after in (3, 4, None))
    # Killed after 3 steps and after 4 more; saved after every second: at 2, and at 6.
    assert first.found[:8] + second.found[:16] + third.found == whole.found
    assert len(whole.found) == 32
    for name, weights in whole.state_dict().items():
        assert torch.equal(third.state_dict()[name], weights)


def test_the_loop_that_readme_shows_trains_and_goes_on(
    two_subsets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found
    changes = {'"out"': repr(str(two_subsets)), "2048": "16", "80_000": "64", '"cuda"': '"cpu"'}
    code = found[1].replace("1000", "3")
    for shown, small in changes.items():
        assert shown in code
        code = code.replace(shown, small)
    losses: list[float] = []
    saves: list[dict[str, Any]] = []
    torch.manual_seed(0)
    names: dict[str, Any] = {
        "model": Model(None).layers,
        "cross_entropy": torch.nn.functional.cross_entropy,
        "train_step": lambda loss: losses.append(loss.item()),
        "save": saves.append,
    }
    beginning = code.replace('loader.load_state_dict(saved["loader"])', "")
    assert beginning != code
    exec(beginning, names)
    whole, losses[:] = losses.copy(), []
    assert len(whole) == 8  # 64 samples, eight a step
    assert [one["step"] for one in saves] == [3, 6]
    exec(code, names | {"saved": saves[-1]})
    assert losses == whole[6:]
