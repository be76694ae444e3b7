import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.pipeline.rows.external_sort import ExternalSort, columns, lower_bound

ROW = np.dtype([("key", "u8", (2,)), ("value", "u4")])


def rows_of(triples):
    rows = np.zeros(len(triples), ROW)
    for row, (high, low, value) in zip(rows, triples, strict=True):
        row["key"], row["value"] = (high, low), value
    return rows


TRIPLES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2**64 - 1), st.integers(0, 9)), max_size=200
)


@given(TRIPLES, st.integers(1, 7), st.sampled_from([1, 400, 1 << 20]), st.sampled_from([1, 2]))
def test_rows_come_out_sorted_whatever_the_blocks(tmp_path_factory, triples, pieces, size, whole):
    scratch = tmp_path_factory.mktemp("sort")
    sort = ExternalSort(ROW, ("key", "value"), scratch, whole=whole, block_bytes=size)
    for start in range(pieces):
        sort.add(rows_of(triples[start::pieces]))
    for _ in range(2):
        blocks = list(sort.blocks())
        found = [(*row["key"].tolist(), int(row["value"])) for block in blocks for row in block]
        assert found == sorted(triples)
        edges = [
            tuple(
                tuple(int(column[at]) for column in columns(block, ("key", "value")[:whole]))
                for at in (0, -1)
            )
            for block in blocks
        ]
        for (_, last), (first, _) in itertools.pairwise(edges):
            assert last < first
    assert sort.num_rows == len(triples)


def test_files_that_are_sorted_already_are_merged_with_the_rest(tmp_path):
    triples = [(number % 4, number * 7919 % 101, number % 3) for number in range(300)]
    sort = ExternalSort(ROW, ("key", "value"), tmp_path, block_bytes=2000)
    for start in range(3):
        path = tmp_path / f"sorted-{start}"
        rows_of(sorted(triples[start::5])).tofile(path)
        sort.add_run(path)
    (tmp_path / "empty").touch()
    sort.add_run(tmp_path / "empty")
    for start in (3, 4):
        sort.add(rows_of(triples[start::5]))
    blocks = list(sort.blocks())
    found = [(*row["key"].tolist(), int(row["value"])) for block in blocks for row in block]
    assert found == sorted(triples)
    assert len(blocks) > 1
    assert sort.num_rows == 300


def test_rows_that_are_equal_in_a_first_field_are_kept_together_only_where_asked(tmp_path):
    rows = rows_of([(0, 0, value) for value in range(1000)])
    sizes = {}
    for whole in (1, None):
        (tmp_path / str(whole)).mkdir()
        sort = ExternalSort(
            ROW, ("key", "value"), tmp_path / str(whole), whole=whole, block_bytes=2000
        )
        sort.add(rows[:500])
        sort.add(rows[500:])
        sizes[whole] = max(len(block) for block in sort.blocks())
    assert sizes[1] == 1000
    assert sizes[None] <= 100  # 2000 bytes


def test_blocks_keep_to_their_size(tmp_path):
    rng = np.random.default_rng(0)
    sort = ExternalSort(ROW, ("key",), tmp_path, block_bytes=20 * 2000)
    for _ in range(50):
        rows = np.zeros(1000, ROW)
        rows["key"] = rng.integers(0, 1 << 60, (1000, 2))
        sort.add(rows)
    # 25 runs; with 1024 samples of each a block is out by less than 25 / 1024 of its 2000 rows.
    sizes = [len(block) for block in sort.blocks()]
    assert max(sizes) <= 2000
    assert min(sizes[:-1]) >= 1800


@pytest.mark.parametrize(("key", "place"), [((0, 5), 0), ((1, 0), 1), ((1, 8), 2), ((9, 9), 4)])
def test_the_lower_bound_is_how_many_come_before(key, place):
    rows = rows_of([(0, 7, 0), (1, 7, 0), (1, 8, 0), (2, 0, 0)])
    assert lower_bound(rows, ("key",), key) == place
