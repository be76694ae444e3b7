import pyarrow as pa
import pytest

from haybale.cards.audit.dropped import first_dropped
from haybale.cards.audit.question import Question
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder

SAMPLE = pa.schema(
    [
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("language", pa.string()),
        pa.field("order", pa.uint64(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
    ]
)


class Manifest:
    def __init__(self, *parts):
        self.recipe = {}
        self.files = [FileRecord(f"dropped/samples/{part}.arrow", 0, "") for part in parts]


@pytest.fixture
def corpus(tmp_path):
    """Two parts with the two smallest orders of each rule; the rest is gone."""

    def write(part, rows):
        path = tmp_path / "dropped" / "samples" / f"{part}.arrow"
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pylist(
            [
                {
                    "doc_id": order.to_bytes(16, "big"),
                    "subset": "web",
                    "rule": rule,
                    "value": 1.0,
                    "language": "en",
                    "order": order,
                    "text": f"text {order}",
                }
                for rule, order in rows
            ],
            schema=SAMPLE,
        )
        with pa.ipc.new_file(path, SAMPLE) as writer:
            writer.write_table(table)

    write("one", [("a", 10), ("a", 20), ("b", 15)])
    write("two", [("a", 5), ("a", 40), ("b", 12), ("b", 50)])
    return Folder(str(tmp_path)), Manifest("one", "two")


def drawn(corpus, population, num, rule=""):
    found = first_dropped(*corpus, Question("ingest", rule), population, num)
    return found.column("order").to_pylist()


def test_the_draw_ends_where_the_shortest_sample_of_a_part_ends(corpus):
    # Of rule a, part one has lost what comes after 20: only up to there the order is whole.
    assert drawn(corpus, 100, 10, "a") == [5, 10, 20]
    # Of all rules, too: 12 and 15 of b are before that.
    assert drawn(corpus, 100, 10) == [5, 10, 12, 15, 20]


def test_a_rule_that_lost_nothing_in_a_part_is_whole_there(corpus):
    # Part one has one document of b, fewer than the most of any rule, so it has all of them; part
    # two may have lost what comes after 50.
    assert drawn(corpus, 100, 10, "b") == [12, 15, 50]


def test_where_nothing_is_gone_all_can_be_drawn(corpus):
    assert drawn(corpus, 4, 10, "a") == [5, 10, 20, 40]
    assert drawn(corpus, 7, 10) == [5, 10, 12, 15, 20, 40, 50]


def test_as_many_are_drawn_as_were_asked_for_the_smallest_first(corpus):
    assert drawn(corpus, 7, 2) == [5, 10]
