"""`torch.distributed.checkpoint`: a `TokenLoader` is a `Stateful` as it is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.stateful import Stateful

from haybale.loaders import TokenDataset, TokenLoader

Sequence = Callable[[int, int], list[list[int]]]
Rows = Callable[[Any], list[list[int]]]


def _save(loader: TokenLoader, path: Path) -> None:
    dcp.save({"loader": loader}, checkpoint_id=path, no_dist=True)


def _load(loader: TokenLoader, path: Path) -> None:
    dcp.load({"loader": loader}, checkpoint_id=path, no_dist=True)


def test_a_loader_is_stateful(dataset: TokenDataset) -> None:
    assert isinstance(TokenLoader(dataset), Stateful)


@pytest.mark.filterwarnings("ignore:torch.distributed is disabled:UserWarning")  # no_dist says so
def test_saved_with_a_model_it_goes_on_where_it_was_and_once_more(
    dataset: TokenDataset, sequence: Sequence, rows: Rows, tmp_path: Path
) -> None:
    found = []
    for attempt in range(3):
        loader = TokenLoader(dataset, batch_size=4)
        if attempt:
            _load(loader, tmp_path / str(attempt))
        iterator = iter(loader)
        found += rows(next(iterator) for _ in range(5))
        _save(loader, tmp_path / str(attempt + 1))
    assert found == sequence(0, 60)


def test_the_state_is_small_and_the_same_on_every_rank(dataset: TokenDataset) -> None:
    states = []
    for rank in range(3):
        loader = TokenLoader(dataset, 2, rank, 3)
        next(iter(loader))
        states.append(loader.state_dict())
    assert states[0] == states[1] == states[2]
    assert len(json.dumps(states[0])) < 1000


@pytest.mark.filterwarnings("ignore:torch.distributed is disabled:UserWarning")  # no_dist says so
def test_what_was_skipped_stays_skipped(
    dataset: TokenDataset, sequence: Sequence, rows: Rows, tmp_path: Path
) -> None:
    loader = TokenLoader(dataset, batch_size=4)
    loader.skip(range(1, 3))
    next(iter(loader))
    _save(loader, tmp_path / "0")
    restored = TokenLoader(dataset, batch_size=4)
    _load(restored, tmp_path / "0")
    # Steps 1 and 2, positions 4 to 11, were left out.
    assert restored.skipped == ((4, 12),)
    assert rows([next(iter(restored))]) == sequence(12, 16)


@pytest.mark.filterwarnings("ignore:torch.distributed is disabled:UserWarning")  # no_dist says so
def test_a_state_without_skips_replaces_one_that_has_some(
    dataset: TokenDataset, sequence: Sequence, rows: Rows, tmp_path: Path
) -> None:
    _save(TokenLoader(dataset, batch_size=4), tmp_path / "0")
    loader = TokenLoader(dataset, batch_size=4)
    loader.skip(range(1, 3))
    _load(loader, tmp_path / "0")
    batches = iter(loader)
    assert rows([next(batches), next(batches)]) == sequence(0, 8)
