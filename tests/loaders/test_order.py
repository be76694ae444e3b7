import numpy as np
import pytest

from haybale.loaders.order import MAX_LENGTH, Permutation, order_key


@pytest.mark.parametrize("first", range(0, 2049, 256))
def test_every_length_up_to_2048_is_a_bijection(first: int) -> None:
    for length in range(first, min(first + 256, 2049)):
        elements = Permutation(length, key=length).forward(np.arange(length))
        assert np.array_equal(np.sort(elements), np.arange(length)), length


@pytest.mark.parametrize("bits", range(11, 18))
def test_lengths_beside_powers_of_two_are_bijections(bits: int) -> None:
    # 2^16 + 1 is where a published permutation sends the first and last index to one place.
    for length in (2**bits - 1, 2**bits, 2**bits + 1):
        elements = Permutation(length, key=1).forward(np.arange(length))
        assert np.bincount(elements, minlength=length).tolist() == [1] * length


@pytest.mark.parametrize("length", [0, 1])
def test_nothing_and_one_element_have_one_order(length: int) -> None:
    assert Permutation(length, 0).forward(np.arange(length)).tolist() == [0] * length


@pytest.mark.parametrize("length", [3, 1000, 2**31 + 11, 2**33 + 5, 2**48 - 1, 2**48, MAX_LENGTH])
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
    [order_key(0, "books", 1), order_key(0, "web", 0), order_key(1, "books", 0)],
    ids=["epoch", "source", "seed"],
)
def test_epochs_sources_and_seeds_have_unrelated_orders(other: int) -> None:
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


@pytest.mark.parametrize("position", [-1, 10])
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
