"""One small corpus, and what is expected of every framework: the sequence itself."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from haybale.loaders import TokenDataset

Rows = list[list[int]]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Models this small only wait for threads that have no core of their own."""
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(num_threads)


@pytest.fixture
def dataset(two_subsets: Path) -> TokenDataset:
    """Some 380 samples of 16 tokens, of two sources, shuffled."""
    return TokenDataset(two_subsets, sequence_length=16, seed=3)


@pytest.fixture
def sequence(dataset: TokenDataset) -> Callable[[int, int], Rows]:
    """The inputs at the positions from the first to before the last, one by one."""
    return lambda first, last: [
        dataset.sample(position)["input_ids"].tolist() for position in range(first, last)
    ]


@pytest.fixture
def rows() -> Callable[[Any], Rows]:
    """The inputs of batches one below the other, whoever collated them."""
    return lambda batches: [row for batch in batches for row in batch["input_ids"].tolist()]
