import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from haybale.pipeline.dedup.address_index import AddressIndex

ADDRESSES = st.tuples(st.integers(0, 4), st.integers(0, 300)).map(lambda at: at[0] << 32 | at[1])


@given(st.lists(st.sets(ADDRESSES, min_size=1), min_size=1, max_size=6))
def test_new_addresses_are_told_and_all_are_numbered_in_order(sets):
    index, seen = AddressIndex(), set()
    for each in sets:
        new = index.add(np.array(sorted(each), np.uint64))
        assert new.tolist() == [address not in seen for address in sorted(each)]
        seen |= each
    found = index.number(np.array(sorted(seen), np.uint64))
    assert found.tolist() == list(range(len(seen)))


def test_an_index_of_nothing_numbers_nothing():
    index, nothing = AddressIndex(), np.empty(0, np.uint64)
    assert len(index.add(nothing)) == len(index.number(nothing)) == 0
