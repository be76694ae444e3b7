"""Accelerate: a `TokenLoader` beside a prepared model, or a `DataLoader` that it prepares."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader

from haybale.loaders import TokenDataset, TokenLoader

accelerate = pytest.importorskip("accelerate", reason="needs accelerate")

Sequence = Callable[[int, int], list[list[int]]]
Rows = Callable[[Any], list[list[int]]]


@pytest.fixture(autouse=True)
def _no_state_of_another_test() -> Iterator[None]:
    yield
    accelerate.state.AcceleratorState._reset_state(reset_partial_state=True)
    accelerate.state.GradientState._reset_state()


def _model() -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    model = torch.nn.Embedding(32_000, 1)
    return model, torch.optim.SGD(model.parameters(), lr=0.1)


def test_saved_and_loaded_with_the_rest_it_goes_on_where_it_was_and_once_more(
    dataset: TokenDataset, sequence: Sequence, rows: Rows, tmp_path: Path
) -> None:
    found: list[list[int]] = []
    for attempt in range(3):
        accelerator = accelerate.Accelerator(cpu=True)
        given = TokenLoader(dataset, batch_size=4, device=accelerator.device)
        model, optimizer, loader = accelerator.prepare(*_model(), given)
        assert loader is given  # it shares out samples and moves them by itself
        accelerator.register_for_checkpointing(loader)
        if attempt:
            accelerator.load_state(str(tmp_path / str(attempt)))
        batches = iter(loader)
        for _ in range(5):
            batch = next(batches)
            accelerator.backward(model(batch["input_ids"]).sum())
            optimizer.step()
            found += rows([batch])
        accelerator.save_state(str(tmp_path / str(attempt + 1)))
    assert found == sequence(0, 60)


def test_gradients_are_accumulated_over_its_batches(dataset: TokenDataset) -> None:
    accelerator = accelerate.Accelerator(cpu=True, gradient_accumulation_steps=4)
    loader = TokenLoader(dataset, batch_size=4, num_samples=64)  # 16 batches: 4 updates
    model, optimizer = accelerator.prepare(*_model())
    updates = 0
    for batch in loader:
        with accelerator.accumulate(model):
            accelerator.backward(model(batch["input_ids"]).sum())
            optimizer.step()
            optimizer.zero_grad()
            updates += accelerator.sync_gradients
    assert updates == 4


# torchdata 0.11 calls what PyTorch 2.13 calls deprecated.
@pytest.mark.filterwarnings("ignore:'set_vital' is deprecated:UserWarning")
def test_a_stateful_dataloader_prepared_is_resumed_by_accelerate(
    dataset: TokenDataset, sequence: Sequence, rows: Rows, tmp_path: Path
) -> None:
    pytest.importorskip("torchdata", reason="needs torchdata")
    found: list[list[int]] = []
    settings = accelerate.DataLoaderConfiguration(use_stateful_dataloader=True)
    for attempt in range(3):
        accelerator = accelerate.Accelerator(cpu=True, dataloader_config=settings)
        loader = accelerator.prepare(DataLoader(dataset, batch_size=4, drop_last=True))
        if attempt:
            accelerator.load_state(str(tmp_path / str(attempt)))
        batches = iter(loader)
        found += rows(next(batches) for _ in range(5))
        accelerator.save_state(str(tmp_path / str(attempt + 1)))
    assert found == sequence(0, 60)


def test_a_dataloader_that_it_shares_out_is_the_sequence(
    dataset: TokenDataset, sequence: Sequence, rows: Rows
) -> None:
    accelerate.Accelerator(cpu=True)
    shares = [
        rows([batch])
        for rank in range(2)
        for batch in accelerate.data_loader.prepare_data_loader(
            DataLoader(dataset, batch_size=4, drop_last=True),
            num_processes=2,
            process_index=rank,
        )
    ]
    num_steps = len(shares) // 2
    in_turn = [shares[rank * num_steps + step] for step in range(num_steps) for rank in range(2)]
    assert [row for share in in_turn for row in share] == sequence(0, num_steps * 8)
