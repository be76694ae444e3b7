import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus.ledger import Ledger
from haybale.pipeline.ingesting.accounts import enter_unreadable
from haybale.pipeline.ingesting.dropped import DROPPED, smallest, unreadable_rows
from haybale.pipeline.sources.records import Unreadable

ROWS = st.lists(
    st.tuples(st.sampled_from(["a@1", "b@1"]), st.integers(0, 50)), max_size=30, unique=True
)


def table(rows):
    return pa.Table.from_pylist(
        [
            {
                "doc_id": order.to_bytes(16, "big"),
                "subset": "web",
                "rule": rule,
                "order": order,
                "text": "x",
            }
            for rule, order in rows
        ],
        schema=DROPPED,
    )


def pairs(found):
    return [(row["rule"], row["order"]) for row in found.to_pylist()]


@given(ROWS)
def test_the_sample_of_a_rule_is_its_smallest_by_order(rows):
    expected = [
        (rule, order)
        for rule in ("a@1", "b@1")
        for order in sorted(order for name, order in rows if name == rule)[:3]
    ]
    assert pairs(smallest(table(rows), 3)) == expected


@given(ROWS, ROWS)
def test_samples_of_parts_merge_to_the_sample_of_the_whole(left, right):
    right = [row for row in right if row not in left]
    merged = pa.concat_tables([smallest(table(left), 3), smallest(table(right), 3)])
    assert pairs(smallest(merged, 3)) == pairs(smallest(table(left + right), 3))


def test_a_row_of_what_could_not_be_read_says_how_many_records_it_stands_for():
    lost = (
        Unreadable("a.arrow", 2, "damaged", "a batch", 100, 3),
        Unreadable("b.jsonl", 9, "not_json", "a line", 10),
    )
    rows, ledger = unreadable_rows(lost).to_pylist(), Ledger()
    assert [(row["file"], row["records"], row["bytes"]) for row in rows] == [
        ("a.arrow", 3, 100),
        ("b.jsonl", 1, 10),
    ]
    for record in lost:
        enter_unreadable(ledger, "web", record)
    assert ledger.total(outcome="unreadable").documents == sum(row["records"] for row in rows)
