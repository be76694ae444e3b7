"""`torch.utils.data.DataLoader` over a `TokenDataset`."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, DistributedSampler

from haybale.loaders import TokenDataset

Sequence = Callable[[int, int], list[list[int]]]
Rows = Callable[[Any], list[list[int]]]


def test_without_workers_batches_are_the_sequence(
    dataset: TokenDataset, sequence: Sequence, rows: Rows
) -> None:
    loader: DataLoader[Any] = DataLoader(dataset, batch_size=8, drop_last=True)
    assert rows(loader) == sequence(0, len(dataset) // 8 * 8)
    batch = next(iter(loader))
    assert batch["input_ids"].dtype == batch["labels"].dtype == torch.int64
    assert batch["labels"].shape == (8, 16)


@pytest.mark.parametrize("context", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_workers_change_nothing_even_of_a_dataset_already_read(
    dataset: TokenDataset, sequence: Sequence, rows: Rows, context: str
) -> None:
    expected = sequence(0, 32)  # opens the shards in this process
    loader: DataLoader[Any] = DataLoader(
        dataset, batch_size=8, num_workers=2, sampler=range(32), multiprocessing_context=context
    )
    assert rows(loader) == expected


def test_a_dataset_travels_as_its_settings_not_as_its_data(dataset: TokenDataset) -> None:
    before = pickle.dumps(dataset)
    expected = dataset[7]["labels"].tolist()
    after = pickle.dumps(dataset)
    assert abs(len(after) - len(before)) < 1000  # no maps, threads or caches travel
    assert pickle.loads(after)[7]["labels"].tolist() == expected


@pytest.mark.parametrize("world_size", [2, 3])
def test_a_distributed_sampler_that_keeps_order_shares_out_the_sequence(
    dataset: TokenDataset, sequence: Sequence, rows: Rows, world_size: int
) -> None:
    shares = []
    for rank in range(world_size):
        sampler = DistributedSampler(dataset, world_size, rank, shuffle=False, drop_last=True)
        shares.append(rows(DataLoader(dataset, batch_size=4, sampler=sampler)))
    in_turn = [row for step in zip(*shares, strict=True) for row in step]
    assert in_turn == sequence(0, len(dataset) // world_size * world_size)
