"""Hugging Face's `Trainer` and models: whole samples, packed documents, exact resumption."""

import contextlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from haybale.loaders import TokenDataset, TokenLoader

transformers = pytest.importorskip("transformers", reason="needs transformers")
pytest.importorskip("accelerate", reason="the Trainer needs accelerate")

Sequence = Callable[[int, int], list[list[int]]]
Rows = Callable[[Any], list[list[int]]]

FIELDS = ("input_ids", "labels", "shift_labels", "position_ids")


def _model(attention: str = "sdpa") -> Any:
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=32_000, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=64, attn_implementation=attention,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config)


class TokenTrainer(transformers.Trainer):  # type: ignore[misc]
    """A Trainer whose batches come from a `TokenLoader`."""

    def __init__(self, loader: TokenLoader, **options: Any) -> None:
        self.loader, self.found, self.counted = loader, [], []
        super().__init__(callbacks=[LoaderState(loader)], **options)

    def get_train_dataloader(self) -> TokenLoader:
        return self.loader

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any) -> Any:
        self.found += inputs["input_ids"].tolist()  # this and the next line for the tests alone
        self.counted.append(int(num_items_in_batch))
        return super().training_step(model, inputs, num_items_in_batch)


class LoaderState(transformers.TrainerCallback, transformers.trainer_callback.ExportableState):  # type: ignore[misc]
    """Keeps the loader's position in `trainer_state.json`."""

    def __init__(self, loader: TokenLoader) -> None:
        self.loader = loader

    def state(self) -> dict[str, Any]:
        return {"args": {}, "attributes": self.loader.state_dict()}

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.loader.load_state_dict(state.stateful_callbacks["LoaderState"]["attributes"])


class Killed(Exception):
    pass


class KillAfter(transformers.TrainerCallback):  # type: ignore[misc]
    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == self.step:
            raise Killed


def _settings(folder: Path, max_steps: int = 12, **options: Any) -> Any:
    return transformers.TrainingArguments(
        output_dir=str(folder), max_steps=max_steps, save_steps=3, report_to=[], use_cpu=True,
        disable_tqdm=True, logging_strategy="no", dataloader_pin_memory=False, **options,
    )  # fmt: skip


@pytest.mark.parametrize("accumulated", [1, 2])
def test_killed_twice_a_trainer_sees_every_sample_once(
    dataset: TokenDataset, sequence: Sequence, tmp_path: Path, accumulated: int
) -> None:
    settings = _settings(
        tmp_path,
        per_device_train_batch_size=4,
        gradient_accumulation_steps=accumulated,
        ignore_data_skip=True,  # the loader is restored, so that nothing is to be skipped
    )
    each = 4 * accumulated
    found: list[list[int]] = []
    for last, kill in ((None, 4), (3, 8), (6, None)):
        loader = TokenLoader(dataset, batch_size=4, fields=FIELDS, num_samples=12 * each)
        trainer = TokenTrainer(loader, model=_model(), args=settings)
        if kill:
            trainer.add_callback(KillAfter(kill))
        checkpoint = str(tmp_path / f"checkpoint-{last}") if last else None
        with contextlib.suppress(Killed):
            trainer.train(resume_from_checkpoint=checkpoint)
        found = found[: (last or 0) * each] + trainer.found
    assert trainer.state.global_step == 12
    assert not trainer.model.config.use_cache  # else documents would attend to each other
    assert found == sequence(0, 12 * each)


def test_what_the_loss_is_divided_by_counts_every_label_once(
    dataset: TokenDataset, tmp_path: Path
) -> None:
    settings = _settings(tmp_path, 3, gradient_accumulation_steps=2, ignore_data_skip=True)
    loader = TokenLoader(dataset, batch_size=4, fields=FIELDS, num_samples=24)
    trainer = TokenTrainer(loader, model=_model(), args=settings)
    trainer.train()
    labels = [sum((dataset[at]["labels"] != -100).sum() for at in range(8 * i, 8 * i + 8))
              for i in range(3)]  # fmt: skip
    assert trainer.counted == [count for count in labels for _ in range(2)]


def _collated(items: list[dict[str, Any]]) -> dict[str, Any]:
    batch = transformers.default_data_collator(items)
    return {**batch, "shift_labels": batch["labels"]}


def test_a_trainer_with_its_own_dataloader_resumes_by_skipping_indices(
    dataset: TokenDataset, sequence: Sequence, tmp_path: Path
) -> None:
    settings = _settings(
        tmp_path, per_device_train_batch_size=4, train_sampling_strategy="sequential"
    )
    found: list[list[int]] = []

    class Recording(transformers.Trainer):  # type: ignore[misc]
        def training_step(self, model: Any, inputs: Any, *rest: Any) -> Any:
            found.extend(inputs["input_ids"].tolist())
            return super().training_step(model, inputs, *rest)

    options = {"args": settings, "train_dataset": dataset, "data_collator": _collated}
    with pytest.raises(Killed):
        Recording(model=_model(), callbacks=[KillAfter(4)], **options).train()
    del found[12:]  # saved after three steps of four samples
    Recording(model=_model(), **options).train(str(tmp_path / "checkpoint-3"))
    assert found == sequence(0, 48)


def test_the_loss_is_of_the_next_token_and_not_of_the_one_after(dataset: TokenDataset) -> None:
    model, batch = _model(), next(iter(TokenLoader(dataset, batch_size=4, fields=FIELDS)))
    with torch.no_grad():
        output = model(**batch)
    expected = torch.nn.functional.cross_entropy(
        output.logits.flatten(0, 1), batch["labels"].flatten()
    )
    torch.testing.assert_close(output.loss, expected)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_positions_that_start_anew_keep_documents_from_attending_to_each_other(
    dataset: TokenDataset, attention: str
) -> None:
    model = _model(attention).eval()
    model.config.use_cache = False  # with a cache, transformers leaves the mask out
    batch = next(iter(TokenLoader(dataset, batch_size=4)))
    with torch.no_grad():
        together = model(input_ids=batch["input_ids"], position_ids=batch["position_ids"]).logits
    begins = batch["position_ids"] == 0
    assert begins.sum() > 4  # some samples hold several documents
    for row in range(4):
        starts = [*begins[row].nonzero().flatten().tolist(), 16]
        for start, end in pairwise(starts):
            with torch.no_grad():
                alone = model(input_ids=batch["input_ids"][row : row + 1, start:end]).logits
            torch.testing.assert_close(together[row, start:end], alone[0], rtol=1e-4, atol=1e-5)
