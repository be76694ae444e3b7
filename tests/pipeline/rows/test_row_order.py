import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from haybale.pipeline.rows.row_order import row_order, take_sorted

NUMBERS = st.sampled_from([0, 1, 5, 2**32, 2**64 - 1])


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=80))
def test_rows_come_in_the_order_of_tuples(rows):
    columns = np.array(rows, np.uint64).reshape(-1, 3).T
    order = row_order(list(columns))
    assert sorted(order.tolist()) == list(range(len(rows)))
    assert [rows[at] for at in order] == sorted(rows)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=50))
def test_one_column_of_small_numbers_is_an_order_too(values):
    column = np.array(values, np.uint32)
    assert take_sorted(column, [column]).tolist() == sorted(values)
