"""What one rank of a `torchrun` does: a few steps, then writes down what it was given.

torchrun ranks.py FRAMEWORK CORPUS OUT [STEPS [CHECKPOINT_TO_LOAD CHECKPOINT_TO_SAVE]]
"""

import json
import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch
import torch.distributed.checkpoint as dcp
from torch import distributed

from haybale.loaders import TokenDataset, TokenLoader

Rows = list[list[int]]
BATCH = 4


def _rows(batches: Iterator[dict[str, Any]], num_steps: int) -> list[Rows]:
    return [batch["input_ids"].tolist() for batch in islice(batches, num_steps)]


def of_torch(dataset: TokenDataset, num_steps: int, load: str, save: str) -> list[Rows]:
    """A process group, and the position in a distributed checkpoint."""
    distributed.init_process_group("gloo")
    loader = TokenLoader(dataset, BATCH)
    if load != "-":
        dcp.load({"loader": loader}, checkpoint_id=load)
    batches = iter(loader)
    found = _rows(batches, num_steps)
    dcp.save({"loader": loader}, checkpoint_id=save)
    return found


def of_mesh(dataset: TokenDataset, num_steps: int) -> list[Rows]:
    """Tensor-parallel ranks are given the same rows."""
    from torch.distributed.device_mesh import init_device_mesh

    distributed.init_process_group("gloo")
    mesh = init_device_mesh("cpu", (1, 2), mesh_dim_names=("dp", "tp"))
    return _rows(iter(TokenLoader(dataset, BATCH, mesh=mesh["dp"])), num_steps)


def of_accelerate(dataset: TokenDataset, num_steps: int) -> list[Rows]:
    """The loader is made after the accelerator, which makes the process group."""
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=True)
    loader = accelerator.prepare(TokenLoader(dataset, BATCH, device=accelerator.device))
    return _rows(iter(loader), num_steps)


def of_lightning(dataset: TokenDataset, num_steps: int) -> list[Rows]:
    """The loader is made in the hook, which is called when the process group stands."""
    import pytorch_lightning as lightning

    class Module(lightning.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.found = torch.nn.Parameter(torch.zeros(())), []

        def train_dataloader(self) -> TokenLoader:
            return TokenLoader(dataset, BATCH)

        def training_step(self, batch: dict[str, Any], number: int) -> torch.Tensor:
            self.found.append(batch["input_ids"].tolist())
            return self.weight * batch["input_ids"].sum()

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    module = Module()
    lightning.Trainer(
        accelerator="cpu", devices=2, strategy="ddp", max_steps=num_steps, logger=False,
        enable_progress_bar=False, enable_model_summary=False, enable_checkpointing=False,
    ).fit(module)  # fmt: skip
    return module.found


def of_transformers(dataset: TokenDataset, num_steps: int) -> list[Rows]:
    """The loader is made in the hook; the settings have made the process group before."""
    import transformers

    found: list[Rows] = []

    class Trainer(transformers.Trainer):  # type: ignore[misc]
        def get_train_dataloader(self) -> TokenLoader:
            fields = ("input_ids", "labels", "shift_labels", "position_ids")
            return TokenLoader(dataset, BATCH, fields=fields)

        def training_step(self, model: Any, inputs: Any, *rest: Any) -> Any:
            found.append(inputs["input_ids"].tolist())
            return super().training_step(model, inputs, *rest)

    config = transformers.LlamaConfig(
        vocab_size=32_000, hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2,
    )  # fmt: skip
    settings = transformers.TrainingArguments(
        output_dir=sys.argv[3], max_steps=num_steps, per_device_train_batch_size=BATCH,
        use_cpu=True, ddp_backend="gloo", report_to=[], save_strategy="no", disable_tqdm=True,
    )  # fmt: skip
    Trainer(model=transformers.LlamaForCausalLM(config), args=settings).train()
    return found


def main() -> None:
    """Rows of this rank, by step, go to OUT/RANK.json."""
    framework, corpus, out, num_steps, *checkpoints = sys.argv[1:]
    dataset = TokenDataset(corpus, sequence_length=16, seed=3)
    found = globals()[f"of_{framework}"](dataset, int(num_steps), *checkpoints)
    (Path(out) / f"{os.environ['RANK']}.json").write_text(json.dumps(found))
    if distributed.is_initialized():
        distributed.destroy_process_group()


if __name__ == "__main__":
    main()
