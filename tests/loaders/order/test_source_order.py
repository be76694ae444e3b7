import pickle

import numpy as np
import pytest

from haybale.loaders.order.block_order import BlockOrder
from haybale.loaders.order.permutation import Permutation, order_key
from haybale.loaders.order.source_order import FullOrder, SequentialOrder, SourceOrder

ORDERS: list[SourceOrder] = [
    SequentialOrder(23),
    FullOrder(23, 0, "books"),
    BlockOrder(np.array([0, 5, 9, 14, 20, 23]), 2, 0, "books"),
]
each_order = pytest.mark.parametrize("order", ORDERS, ids=lambda order: type(order).__name__)


@each_order
def test_every_epoch_gives_each_sample_once(order: SourceOrder) -> None:
    epochs = order.samples(np.arange(5 * 23)).reshape(5, 23)
    assert np.array_equal(np.sort(epochs, axis=1), np.tile(np.arange(23), (5, 1)))


@each_order
def test_a_sample_is_found_again_in_every_epoch(order: SourceOrder) -> None:
    samples = order.samples(np.arange(5 * 23)).tolist()
    found = [order.ordinal(sample, n // 23) for n, sample in enumerate(samples)]
    assert found == list(range(5 * 23))


@each_order
def test_what_is_asked_together_does_not_matter(order: SourceOrder) -> None:
    ordinals = np.random.default_rng(0).permutation(5 * 23)
    together = order.samples(ordinals).tolist()
    assert together == [int(order.samples(np.array([n]))[0]) for n in ordinals.tolist()]
    assert order.samples(np.arange(0)).tolist() == []


@each_order
def test_far_epochs_cost_nothing_and_have_an_inverse(order: SourceOrder) -> None:
    ordinals = np.arange(10**15, 10**15 + 50)
    samples = order.samples(ordinals).tolist()
    epochs = (ordinals // 23).tolist()
    assert list(map(order.ordinal, samples, epochs)) == ordinals.tolist()


@each_order
def test_a_sample_that_is_not_there_is_refused(order: SourceOrder) -> None:
    for sample in (-1, 23):
        with pytest.raises(IndexError, match=r"\[0, 23\)"):
            order.ordinal(sample, 0)


@each_order
def test_another_process_gets_the_same_order(order: SourceOrder) -> None:
    ordinals = np.arange(50)
    copy = pickle.loads(pickle.dumps(order))
    assert np.array_equal(copy.samples(ordinals), order.samples(ordinals))


def test_the_sequential_order_is_the_corpus_again_and_again() -> None:
    assert SequentialOrder(3).samples(np.arange(7)).tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_the_full_order_is_a_permutation_per_epoch() -> None:
    expected = [
        Permutation(7, order_key(3, "web", epoch)).forward(range(7)).tolist() for epoch in (0, 1)
    ]
    assert expected[0] != expected[1]
    assert FullOrder(7, 3, "web").samples(np.arange(14)).reshape(2, 7).tolist() == expected
