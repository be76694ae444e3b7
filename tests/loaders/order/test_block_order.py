import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus.digests import derive_seed
from haybale.loaders.order.block_order import BlockOrder
from haybale.loaders.order.permutation import Permutation, order_key

SIZES = st.lists(st.integers(0, 9), min_size=1, max_size=20).filter(any)


def _bounds(sizes: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _naive_epoch(sizes: list[int], window_blocks: int, epoch: int) -> list[tuple[int, int]]:
    """(sample, window) at each place of an epoch, from lists of the samples themselves."""
    bounds = _bounds(sizes).tolist()
    key = order_key(0, "s", epoch, level="blocks")
    blocks = Permutation(len(sizes), key).forward(range(len(sizes))).tolist()
    key, placed = order_key(0, "s", epoch, level="window"), []
    for window, first in enumerate(range(0, len(blocks), window_blocks)):
        chosen = blocks[first : first + window_blocks]
        samples = [s for block in chosen for s in range(bounds[block], bounds[block + 1])]
        shuffled = Permutation(len(samples), derive_seed(key, window)).forward(range(len(samples)))
        placed += [(samples[at], window) for at in shuffled.tolist()]
    return placed


@given(SIZES, st.integers(1, 6))
def test_the_order_is_that_of_shuffled_lists(sizes: list[int], window_blocks: int) -> None:
    num_samples = sum(sizes)
    order = BlockOrder(_bounds(sizes), window_blocks, 0, "s")
    found = order.samples(np.arange(3 * num_samples)).tolist()
    expected = [
        sample for epoch in range(3) for sample, _ in _naive_epoch(sizes, window_blocks, epoch)
    ]
    assert found == expected
    assert sorted(found[:num_samples]) == list(range(num_samples))
    back = [order.ordinal(sample, n // num_samples) for n, sample in enumerate(found)]
    assert back == list(range(3 * num_samples))


def test_no_block_has_a_place_of_its_own() -> None:
    # 9 blocks, 400 epochs: each is the last 44 times, standard deviation sqrt(400 x 8/81) = 6.3.
    order = BlockOrder(_bounds([2] * 9), 2, 0, "s")
    last = order.samples(np.arange(1, 401) * 18 - 1) // 2
    counts = np.bincount(last, minlength=9)
    assert np.abs(counts - 400 / 9).max() < 4 * 6.3


def test_a_windows_samples_are_mixed_as_by_a_full_shuffle() -> None:
    # One window of 64 blocks with 1,600 samples each, 1,600 batches of 64 samples, classes of 6.4
    # blocks; the sum of chi-squares as in the permutation's test: 14,391 +- 170.
    order = BlockOrder(_bounds([1600] * 64), 64, 0, "s")
    classes = (order.samples(np.arange(102_400)) // 10_240).reshape(1600, 64)
    counts = (classes[:, :, None] == np.arange(10)).sum(axis=1)
    assert abs(((counts - 6.4) ** 2 / 6.4).sum() - 14_391) < 5 * 170


def test_the_blocks_of_windows_are_those_of_a_fair_draw() -> None:
    # Two of 10 blocks make a window: each of 45 pairs comes in 1/9 of 900 epochs, 100 times with
    # standard deviation sqrt(900 x 1/9 x 8/9) = 9.4.
    order = BlockOrder(_bounds([1] * 10), 2, 0, "s")
    pairs = np.sort(order.samples(np.arange(900 * 10)).reshape(-1, 2), axis=1)
    counts = np.bincount(pairs[:, 0] * 10 + pairs[:, 1])
    assert np.abs(counts[counts > 0] - 100).max() < 4.5 * 9.4
    assert (counts > 0).sum() == 45


def test_epochs_sources_and_seeds_differ() -> None:
    bounds = _bounds([50] * 40)
    orders = [
        BlockOrder(bounds, 4, 0, "s").samples(np.arange(4000)),
        BlockOrder(bounds, 4, 1, "s").samples(np.arange(2000)),
        BlockOrder(bounds, 4, 0, "t").samples(np.arange(2000)),
    ]
    rows = [orders[0][:2000], orders[0][2000:], *orders[1:]]
    agreeing = [(rows[0] == row).sum() for row in rows[1:]]  # Poisson(1) each where unrelated
    assert max(agreeing) < 10


def test_an_epoch_of_a_trillion_tokens_is_planned_in_less_than_a_megabyte() -> None:
    # 62,500 blocks of 2^24 tokens, 8,192 samples of 2,048 each.
    sizes = np.random.default_rng(0).integers(8000, 8400, 62_500)
    order = BlockOrder(_bounds(sizes.tolist()), 8, 0, "s")
    epoch = order._epoch(3)
    assert epoch.blocks.nbytes + epoch.starts.nbytes + epoch.window_starts.nbytes < 1 << 20
    ordinals = np.random.default_rng(1).integers(0, 4 * order.num_samples, 100)
    samples, epochs = order.samples(ordinals).tolist(), (ordinals // order.num_samples).tolist()
    assert list(map(order.ordinal, samples, epochs)) == ordinals.tolist()


@pytest.mark.parametrize("bounds", [[0], [0, 0], [1, 5], [0, 5, 3, 9]])
def test_bounds_that_cannot_be_right_are_refused(bounds: list[int]) -> None:
    with pytest.raises(ValueError, match="at least one sample, from 0"):
        BlockOrder(np.array(bounds), 2, 0, "s")


def test_a_window_without_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one block, found 0"):
        BlockOrder(np.array([0, 5]), 0, 0, "s")
