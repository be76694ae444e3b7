"""Lightning's `Trainer`: it saves and restores any loader that has a state."""

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from haybale.loaders import TokenDataset, TokenLoader

lightning = pytest.importorskip("pytorch_lightning", reason="needs pytorch-lightning")
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)

# Lightning 2.6 asks for what PyTorch 2.13 has renamed, and warns of a folder it fills itself.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.isinstance.treespec, LeafSpec.:FutureWarning"),
    pytest.mark.filterwarnings(
        "ignore:Checkpoint directory .* exists and is not empty:UserWarning"
    ),
    pytest.mark.filterwarnings("ignore:The 'train_dataloader' does not have many workers"),
]

Sequence = Callable[[int, int], list[list[int]]]
STEPS, BATCH = 12, 8


class Killed(Exception):
    pass


class Module(lightning.LightningModule):  # type: ignore[misc]
    """Writes down what it is given, and is killed after some steps."""

    def __init__(self, dataset: TokenDataset, num_steps: int, kill_after: int | None) -> None:
        super().__init__()
        self.dataset, self.num_steps, self.kill_after = dataset, num_steps, kill_after
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.found: list[list[int]] = []

    def train_dataloader(self) -> TokenLoader:  # called where ranks are known
        return TokenLoader(self.dataset, BATCH, num_samples=self.num_steps * BATCH)

    def training_step(self, batch: dict[str, Any], number: int) -> torch.Tensor:
        if self.trainer.global_step == self.kill_after:
            raise Killed
        self.found += batch["input_ids"].tolist()
        self.log("loss", self.weight, batch_size=BATCH)
        return self.weight * batch["input_ids"].sum()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def _fit(
    module: Module, folder: Path, resumed: int | None, **horizon: int
) -> tuple[list[list[int]], int]:
    """The rows that were trained on, and the step reached, saving after every second step."""
    saves = lightning.callbacks.ModelCheckpoint(
        folder, filename="{step}", every_n_train_steps=2, save_top_k=-1
    )
    trainer = lightning.Trainer(
        accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
        callbacks=[saves], **horizon,
    )  # fmt: skip
    with contextlib.suppress(Killed):
        trainer.fit(module, ckpt_path=resumed and folder / f"step={resumed}.ckpt")
    return module.found, trainer.global_step


@pytest.mark.parametrize(
    ("num_steps", "horizon", "kills"),
    [
        (STEPS, {"max_epochs": 1}, (5, 9)),
        (STEPS, {"max_epochs": 1}, (7, 8)),
        # Two passes of six steps. After epochs, Lightning counts wrongly where it goes on from the
        # very end of one, whatever the loader; so no kill after step 6 there.
        (6, {"max_epochs": 2}, (5, 9)),
        (6, {"max_steps": STEPS}, (3, 7)),
        (6, {"max_steps": STEPS}, (7, 11)),
    ],
)
def test_killed_twice_every_sample_is_seen_once(
    dataset: TokenDataset,
    sequence: Sequence,
    tmp_path: Path,
    num_steps: int,
    horizon: dict[str, int],
    kills: tuple[int, int],
) -> None:
    resumed, found = None, []
    for kill_after in (*kills, None):
        rows, reached = _fit(Module(dataset, num_steps, kill_after), tmp_path, resumed, **horizon)
        found = found[: (resumed or 0) * BATCH] + rows
        assert reached == (kill_after or STEPS)
        resumed = kill_after and kill_after // 2 * 2
    assert found == sequence(0, STEPS * BATCH)
