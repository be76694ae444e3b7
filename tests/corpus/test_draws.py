import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus.draws import draw_order, smallest

ROWS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 60)),
    max_size=40,
    unique_by=lambda row: row[2],
)


def table(rows):
    names, places, orders = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "rule": pa.array(names, pa.string()),
            "subset": pa.array(places, pa.string()),
            "order": pa.array(orders, pa.uint64()),
            "doc_id": pa.array([order.to_bytes(16, "big") for order in orders], pa.binary(16)),
        }
    )


def tuples(found):
    return [(row["rule"], row["subset"], row["order"]) for row in found.to_pylist()]


@given(ROWS)
def test_of_each_group_the_smallest_by_order_are_drawn(rows):
    expected = []
    for rule in "ab":
        for subset in "xy":
            group = sorted(row for row in rows if row[:2] == (rule, subset))
            expected += group[:3]
    assert tuples(smallest(table(rows), 3, ["rule", "subset"])) == expected


@given(ROWS, ROWS)
def test_without_groups_draws_of_parts_merge_to_the_draw_of_the_whole(left, right):
    taken = {row[2] for row in left}
    right = [row for row in right if row[2] not in taken]
    parts = [smallest(table(rows), 4, []) for rows in (left, right)]
    merged = smallest(pa.concat_tables(parts), 4, [])
    assert tuples(merged) == sorted(left + right, key=lambda row: row[2])[:4]


def test_of_one_order_the_smaller_id_is_drawn():
    rows = table([("a", "x", 7), ("a", "x", 7)])
    ids = pa.array([b"\2" * 16, b"\1" * 16], pa.binary(16))
    rows = rows.set_column(3, "doc_id", ids)
    assert smallest(rows, 1, ["rule"]).column("doc_id").to_pylist() == [b"\1" * 16]


def test_the_order_follows_from_seed_and_id_and_not_from_the_place():
    ids = pa.array([bytes([number] * 16) for number in range(9)], pa.binary(16))
    whole = draw_order(3, ids).tolist()
    assert draw_order(3, ids.slice(4)).tolist() == whole[4:]
    assert draw_order(4, ids).tolist() != whole
