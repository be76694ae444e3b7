import numpy as np
import pytest
from datasketch import HyperLogLogPlusPlus
from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus.digests import mix64
from haybale.corpus.hyperloglog import NUM_REGISTERS, PRECISION, RELATIVE_ERROR, HyperLogLog

hashes = st.lists(st.integers(0, 2**64 - 1), max_size=60)


def uniform(count, seed=0):
    """Different hashes: a bijection of 0, 1, 2, ..."""
    with np.errstate(over="ignore"):
        start = mix64(np.array([seed], np.uint64))
        return mix64(mix64(np.arange(count, dtype=np.uint64)) + start)


def sketch_of(values):
    sketch = HyperLogLog()
    sketch.add(np.asarray(values, np.uint64))
    return sketch


@given(hashes, hashes, st.randoms())
def test_order_repetition_and_grouping_make_no_difference(a, b, random):
    whole = sketch_of(a + b).registers
    again = a + b + a
    random.shuffle(again)
    assert np.array_equal(sketch_of(again).registers, whole)
    one, other = sketch_of(a), sketch_of(b)
    other.merge(one)
    other.merge(one)
    assert np.array_equal(other.registers, whole)
    assert np.array_equal(HyperLogLog(whole).registers, whole)


@pytest.mark.parametrize("count", [0, 1, 10])
def test_few_things_are_counted_exactly(count):
    estimate = sketch_of(uniform(count)).estimate()
    assert estimate.value == count
    assert estimate.low <= count <= estimate.high <= count + 1


@pytest.mark.parametrize("count", [1000, 40_000, 100_000, 1_000_000])
def test_many_things_are_counted_within_three_standard_errors(count):
    estimate = sketch_of(uniform(count)).estimate()
    assert abs(estimate.value / count - 1) < 3 * RELATIVE_ERROR
    assert estimate.low < estimate.value < estimate.high


def test_the_bounds_hold_in_95_of_100_cases():
    # 100 sketches of 100,000: of so many, 95 +- 3 * sqrt(100 * 0.95 * 0.05) = 88 at the least.
    held = 0
    for seed in range(100):
        low, high = sketch_of(uniform(100_000, seed)).estimate()[1:]
        held += low <= 100_000 <= high
    assert held >= 88


def test_the_standard_error_is_the_one_of_flajolet():
    # 1.03896 / sqrt(2^14), table and theorem 1 of the paper of 2007
    assert pytest.approx(1.03896 / 128, rel=1e-5) == RELATIVE_ERROR
    errors = [sketch_of(uniform(100_000, seed)).estimate().value / 1e5 - 1 for seed in range(100)]
    # A standard deviation of 100 draws is itself uncertain by 1 / sqrt(200) = 7 %.
    assert np.std(errors) == pytest.approx(RELATIVE_ERROR, rel=0.25)
    assert abs(np.mean(errors)) < 3 * RELATIVE_ERROR / 10


@pytest.mark.parametrize("count", [10, 1000, 100_000])
def test_it_is_no_worse_than_datasketch(count):
    """The oracle of accuracy: HyperLogLog++ of the same precision, from the same hashes."""
    ours, theirs = [], []
    for seed in range(5):
        values = uniform(count, seed)
        ours.append(abs(sketch_of(values).estimate().value / count - 1))
        peer = HyperLogLogPlusPlus(p=PRECISION, hashfunc=int)
        for value in values.tolist():
            peer.update(value)
        theirs.append(abs(peer.count() / count - 1))
    # Both are HyperLogLog: their errors are of one size, so the worse of five is within 3 sigma.
    assert max(ours) <= max(max(theirs), 3 * RELATIVE_ERROR)
    assert abs(np.mean(ours) - np.mean(theirs)) < 2 * RELATIVE_ERROR


def test_a_hash_of_zeros_has_the_last_place():
    # 14 bits pick register 0; all 50 others are 0, so the first one is at place 51.
    assert sketch_of([0]).registers[0] == 64 - PRECISION + 1
    assert sketch_of([2**64 - 1]).registers[NUM_REGISTERS - 1] == 1


def test_registers_of_another_precision_are_refused():
    with pytest.raises(ValueError, match="expected 16384 registers"):
        HyperLogLog(np.zeros(4096, np.uint8))
