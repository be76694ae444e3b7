"""Grain over a `TokenDataset`; torchtitan builds its random-access sources into the same chain."""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import pytest

from haybale.loaders import TokenDataset

grain = pytest.importorskip("grain", reason="needs grain")

Sequence = Callable[[int, int], list[list[int]]]
Rows = Callable[[Any], list[list[int]]]


@runtime_checkable
class RandomAccessSource(Protocol):
    """As torchtitan defines it (torchtitan/components/data/sources.py, 2026)."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Any: ...


def test_a_dataset_is_a_source_of_random_access(dataset: TokenDataset) -> None:
    assert isinstance(dataset, RandomAccessSource)
    assert isinstance(dataset, grain.sources.RandomAccessDataSource)


def _batches(dataset: TokenDataset) -> Any:
    return grain.MapDataset.source(dataset).batch(8, drop_remainder=True)


def test_a_map_dataset_of_it_is_the_sequence(
    dataset: TokenDataset, sequence: Sequence, rows: Rows
) -> None:
    batches = _batches(dataset)
    assert rows(batches[step] for step in range(len(batches))) == sequence(0, len(batches) * 8)
    assert batches[0]["labels"].shape == (8, 16)


def test_slices_by_rank_share_out_the_sequence(
    dataset: TokenDataset, sequence: Sequence, rows: Rows
) -> None:
    source = grain.MapDataset.source(dataset)
    shares = [source[rank::2].batch(4, drop_remainder=True) for rank in range(2)]
    found = [rows([batch]) for batch in (shares[0][2], shares[1][2])]
    # The third step is positions 16 to 23; one rank has the even ones, the other the odd.
    assert found == [sequence(16, 24)[0::2], sequence(16, 24)[1::2]]


def test_an_iterator_restored_goes_on_where_it_was_and_once_more(
    dataset: TokenDataset, sequence: Sequence, rows: Rows
) -> None:
    state, found = None, []
    for _ in range(3):
        batches = iter(_batches(dataset).to_iter_dataset())
        if state is not None:
            batches.set_state(state)
        found += rows([next(batches), next(batches)])
        state = batches.get_state()
    assert found == sequence(0, 48)


def test_its_data_loader_takes_a_checkpoint_of_the_same_dataset_opened_anew(
    dataset: TokenDataset, sequence: Sequence, rows: Rows, two_subsets: Any
) -> None:
    again = TokenDataset(two_subsets, sequence_length=16, seed=3)

    def opened(source: TokenDataset) -> Any:
        sampler = grain.samplers.IndexSampler(
            len(source), shard_options=grain.sharding.NoSharding(), num_epochs=1
        )
        batched = [grain.transforms.Batch(8, drop_remainder=True)]
        return iter(grain.DataLoader(data_source=source, sampler=sampler, operations=batched))

    before = opened(dataset)
    next(before)
    after = opened(again)
    after.set_state(before.get_state())  # compares what the sources say of themselves
    assert rows([next(after)]) == sequence(8, 16)
