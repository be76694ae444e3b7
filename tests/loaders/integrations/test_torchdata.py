"""torchdata's `StatefulDataLoader` over a `TokenDataset`."""

from collections.abc import Callable
from typing import Any

import pytest

from haybale.loaders import TokenDataset

torchdata = pytest.importorskip("torchdata.stateful_dataloader", reason="needs torchdata")

# torchdata 0.11 calls what PyTorch 2.13 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:'set_vital' is deprecated:UserWarning")

Sequence = Callable[[int, int], list[list[int]]]
Rows = Callable[[Any], list[list[int]]]


def _opened(dataset: TokenDataset, num_workers: int = 0) -> Any:
    return torchdata.StatefulDataLoader(
        dataset, batch_size=8, drop_last=True, num_workers=num_workers
    )


def test_restored_after_any_step_the_remainder_is_the_same(
    dataset: TokenDataset, sequence: Sequence, rows: Rows
) -> None:
    loader, states = _opened(dataset), []
    expected = sequence(0, len(loader) * 8)
    for _ in loader:
        states.append(loader.state_dict())
    for step, state in enumerate(states[:-1], start=1):
        restored = _opened(dataset)
        restored.load_state_dict(state)
        assert rows(restored) == expected[8 * step :]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_restored_one_can_be_restored_again(
    dataset: TokenDataset, sequence: Sequence, rows: Rows, num_workers: int
) -> None:
    state, found = None, []
    for _ in range(3):
        loader = _opened(dataset, num_workers)
        if state is not None:
            loader.load_state_dict(state)
        iterator = iter(loader)
        found += rows([next(iterator), next(iterator)])
        state = loader.state_dict()
        del iterator
    assert found == sequence(0, 48)
