import numpy as np
import numpy.typing as npt
import pytest

from haybale.corpus.digests import UInt64s, derive_seed, mix64
from haybale.loaders.order.permutation import MAX_LENGTH, Permutation, order_key


class _Oracle:
    """The network in NumPy, a round at a time over all numbers."""

    def __init__(self, length: int, key: int) -> None:
        self.length = np.uint64(length)
        num_bits = max(6, (length - 1).bit_length())
        self.low_bits = np.uint64(num_bits // 2)
        self.low_mask = np.uint64((1 << (num_bits // 2)) - 1)
        self.high_mask = np.uint64((1 << (num_bits - num_bits // 2)) - 1)
        self.keys = [np.uint64(derive_seed(key, "round", number)) for number in range(8)]

    def walk(self, numbers: npt.NDArray[np.int64], rounds: range) -> npt.NDArray[np.int64]:
        walked = self._network(numbers.astype(np.uint64), rounds)
        while (outside := walked >= self.length).any():
            walked[outside] = self._network(walked[outside], rounds)
        return walked.astype(np.int64)

    def _network(self, numbers: UInt64s, rounds: range) -> UInt64s:
        low, high = numbers & self.low_mask, numbers >> self.low_bits
        for number in rounds:
            if number % 2:
                low = low ^ (mix64(high ^ self.keys[number]) & self.low_mask)
            else:
                high = high ^ (mix64(low ^ self.keys[number]) & self.high_mask)
        return low | (high << self.low_bits)


LENGTHS = [1, 2, 3, 63, 64, 65, 1000, 2**31 + 11, 2**33 + 5, 2**48 - 1, 2**48, MAX_LENGTH]


@pytest.mark.parametrize("length", LENGTHS)
def test_the_kernel_is_the_network_bit_for_bit(length: int) -> None:
    numbers = np.random.default_rng(length).integers(0, length, 1000)
    for key in (0, 7, 2**64 - 1):
        oracle, permutation = _Oracle(length, key), Permutation(length, key)
        forward, back = range(8), range(7, -1, -1)
        assert np.array_equal(permutation.forward(numbers), oracle.walk(numbers, forward))
        assert np.array_equal(permutation.inverse(numbers), oracle.walk(numbers, back))


def test_orders_are_those_of_the_first_release() -> None:
    # Checkpoints hold a position only: another order would resume elsewhere.
    permutation = Permutation(1000, order_key(0, "books", 0))
    assert permutation.forward(range(6)).tolist() == [258, 931, 88, 889, 3, 663]


@pytest.mark.parametrize("first", range(0, 4097, 512))
def test_every_length_up_to_4096_is_a_bijection(first: int) -> None:
    for length in range(first, min(first + 512, 4097)):
        elements = Permutation(length, key=length).forward(np.arange(length))
        assert np.array_equal(np.sort(elements), np.arange(length)), length


@pytest.mark.parametrize("bits", range(12, 21))
def test_lengths_beside_powers_of_two_are_bijections(bits: int) -> None:
    # 2^16 + 1 is where a published permutation sends the first and last index to one place.
    for length in (2**bits - 1, 2**bits, 2**bits + 1):
        elements = Permutation(length, key=1).forward(np.arange(length))
        assert np.bincount(elements, minlength=length).tolist() == [1] * length


@pytest.mark.parametrize("length", [0, 1])
def test_nothing_and_one_element_have_one_order(length: int) -> None:
    assert Permutation(length, 0).forward(np.arange(length)).tolist() == [0] * length


@pytest.mark.parametrize("length", LENGTHS[2:])
def test_the_inverse_undoes_the_order(length: int) -> None:
    ends = [0, 1, length // 2, length - 2, length - 1]
    positions = np.concatenate([ends, np.random.default_rng(0).integers(0, length, 2000)])
    permutation = Permutation(length, key=7)
    elements = permutation.forward(positions)
    assert elements.min() >= 0
    assert elements.max() < length
    assert np.array_equal(permutation.inverse(elements), positions)
    assert np.array_equal(permutation.forward(permutation.inverse(positions)), positions)


@pytest.mark.parametrize("bits", [24, 33, 48])
def test_every_bit_of_a_position_moves_every_bit_of_the_element(bits: int) -> None:
    # Each cell is the share of 4,000 elements whose bit flips: binomial, standard deviation
    # sqrt(1/4 / 4000) = 0.0079; seven of them is 0.055. A dead cell would be 0 or 1.
    permutation = Permutation(2**bits, key=3)
    positions = np.random.default_rng(1).integers(0, 2**bits, 4000)
    elements = permutation.forward(positions)
    for bit in range(bits):
        changed = elements ^ permutation.forward(positions ^ (1 << bit))
        flipped = (changed[:, None] >> np.arange(bits)) & 1
        assert np.abs(flipped.mean(axis=0) - 0.5).max() < 0.055, bit


@pytest.mark.parametrize(
    "other",
    [
        order_key(0, "books", 1),
        order_key(0, "web", 0),
        order_key(1, "books", 0),
        order_key(0, "books", 0, level="blocks"),
    ],
    ids=["epoch", "source", "seed", "level"],
)
def test_epochs_sources_seeds_and_levels_have_unrelated_orders(other: int) -> None:
    # Two unrelated orders agree at Poisson(1) of all places, and their rank correlation has
    # standard deviation 1 / sqrt(n) = 0.01.
    length = 10_000
    orders = [
        Permutation(length, key).forward(np.arange(length))
        for key in (order_key(0, "books", 0), other)
    ]
    assert (orders[0] == orders[1]).sum() < 10
    assert abs(np.corrcoef(orders)[0, 1]) < 0.05


def test_neighbours_do_not_stay_neighbours() -> None:
    # A shuffled order's serial correlation has standard deviation 1 / sqrt(n) = 0.003.
    order = Permutation(100_001, key=5).forward(np.arange(100_001))
    assert abs(np.corrcoef(order[:-1], order[1:])[0, 1]) < 0.02


def test_all_orders_of_four_elements_are_about_equally_frequent() -> None:
    # 24 orders, 1,200 keys: chi-square with 23 degrees of freedom is below 58 but for 1 in 10,000.
    codes = [
        tuple(Permutation(4, order_key(key, "s", 0)).forward(np.arange(4)).tolist())
        for key in range(1200)
    ]
    counts = [codes.count(code) for code in set(codes)]
    assert len(counts) == 24
    assert sum((count - 50) ** 2 / 50 for count in counts) < 58


def test_the_next_seed_does_not_repeat_the_next_epoch() -> None:
    # What seed + epoch as the key would do.
    keys = {order_key(seed, "books", epoch) for seed in range(20) for epoch in range(20)}
    assert len(keys) == 400


def test_batches_of_a_sorted_corpus_hold_each_class_as_often_as_chance_would() -> None:
    # 102,400 samples sorted into 10 equal classes, 1,600 batches of 64: 6.4 of each class in a
    # batch. Each batch's chi-square has 9 degrees of freedom, and their sum, as the batches share
    # one corpus, (1,600 - 1) x 9 = 14,391 with standard deviation sqrt(2 x 14,391) = 170.
    order = Permutation(102_400, order_key(0, "books", 0)).forward(np.arange(102_400))
    classes = (order // 10_240).reshape(1600, 64)
    counts = (classes[:, :, None] == np.arange(10)).sum(axis=1)
    statistic = ((counts - 6.4) ** 2 / 6.4).sum()
    assert abs(statistic - 14_391) < 5 * 170


def test_any_shape_and_layout_of_positions_is_taken() -> None:
    permutation = Permutation(100, 0)
    grid = np.arange(100).reshape(10, 10)
    grid.flags.writeable = False
    elements = permutation.forward(grid)
    assert elements.shape == (10, 10)
    assert np.array_equal(permutation.forward(grid.T), elements.T)
    assert permutation.forward(grid[3, 4]) == elements[3, 4]
    assert permutation.inverse(int(elements[3, 4])) == 34


@pytest.mark.parametrize("position", [-1, 10, 2**62, -(2**63)])
def test_a_position_outside_is_refused(position: int) -> None:
    with pytest.raises(IndexError, match=r"\[0, 10\)"):
        Permutation(10, 0).forward([position])


def test_orders_of_sixteen_are_odd_as_often_as_even() -> None:
    # A network of exactly four bits would be even always. 400 keys: 200 +- 10.
    def is_odd(order: list[int]) -> bool:
        pairs = [(i, j) for j in range(16) for i in range(j)]
        return sum(order[i] > order[j] for i, j in pairs) % 2 == 1

    orders = [Permutation(16, key).forward(np.arange(16)).tolist() for key in range(400)]
    assert abs(sum(map(is_odd, orders)) - 200) < 50
