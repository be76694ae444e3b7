"""The training loop that the guides show, as it stands there."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

ROOT = Path(__file__).resolve().parents[3]
LOOPS = {
    guide: block
    for guide in ("README.md", "docs/loader.md")
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
