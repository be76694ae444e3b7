import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from haybale.pipeline.shuffle import (
    PARTITION_BYTES,
    by_number,
    num_partitions,
    partition,
    run_starts,
    unpack,
)

ROW = np.dtype([("hash", "u8"), ("value", "u4")])


def rows_of(hashes):
    rows = np.zeros(len(hashes), ROW)
    rows["hash"] = hashes
    rows["value"] = np.arange(len(hashes))
    return rows


@given(st.lists(st.integers(0, 2**64 - 1), max_size=50), st.integers(1, 9))
def test_partitions_are_ranges_of_hash_space_and_lose_nothing(hashes, count):
    rows = rows_of(hashes)
    packed = dict(partition(rows["hash"], rows, count))
    assert all(0 <= number < count for number in packed)
    for number, block in packed.items():
        for hash_ in unpack([block], ROW)["hash"].tolist():
            assert (hash_ >> 32) * count >> 32 == number
    back = unpack(packed.values(), ROW)
    assert sorted(back.tolist()) == sorted(rows.tolist())


def test_rows_are_grouped_by_number_and_no_rows_are_no_groups():
    rows = rows_of([5, 6, 7])
    groups = {
        number: unpack([block], ROW)["value"].tolist()
        for number, block in by_number(np.array([2, 0, 2]), rows)
    }
    assert groups == {0: [1], 2: [0, 2]}
    assert list(by_number(np.empty(0, np.int64), rows_of([]))) == []


def test_the_number_of_partitions_follows_from_the_bytes():
    per_partition = PARTITION_BYTES // ROW.itemsize
    assert num_partitions(0, ROW) == 1
    assert num_partitions(per_partition, ROW) == 1
    assert num_partitions(per_partition * 2 + 1, ROW) == 3


def test_runs_begin_where_any_column_changes():
    one, other = np.array([1, 1, 1, 2]), np.array([5, 5, 6, 6])
    assert run_starts(one, other).tolist() == [0, 2, 3]
    assert run_starts(np.empty(0)).tolist() == []
