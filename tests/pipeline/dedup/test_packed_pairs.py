import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.pipeline.dedup.packed_pairs import PairPacking
from haybale.pipeline.dedup.rows import PAIR

ADDRESSES = st.tuples(st.integers(0, 2**14 - 1), st.integers(0, 2**18 - 1)).map(
    lambda address: address[0] << 32 | address[1]
)


@given(st.lists(st.tuples(ADDRESSES, ADDRESSES), max_size=40))
def test_packed_pairs_come_back_and_sort_as_pairs_do(pairs):
    packing = PairPacking.of(2**14, 2**18)
    rows = np.array(pairs, PAIR)
    packed = packing.pack(rows)
    assert packing.unpack(packed).tolist() == pairs
    assert packing.unpack(np.sort(packed)).tolist() == sorted(pairs)


@pytest.mark.parametrize(("parts", "rows", "bits"), [(1, 1, 0), (1, 2**32, 32), (2**12, 2**20, 20)])
def test_two_addresses_of_32_bits_fit(parts, rows, bits):
    assert PairPacking.of(parts, rows).row_bits == bits


def test_two_addresses_of_33_bits_do_not_fit():
    assert PairPacking.of(2**12 + 1, 2**20) is None
    assert PairPacking.of(1, 2**32 + 1) is None
