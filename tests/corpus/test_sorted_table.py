import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from haybale.corpus.sorted_table import SortedTable
from haybale.corpus.storage import Folder

# Few distinct ids, some of which end with zero bytes, which NumPy leaves out.
IDS = st.sampled_from([bytes([a]) * 15 + bytes([b]) for a in (0, 7, 255) for b in (0, 1, 255)])


def write(folder, column, keys, batch_rows):
    table = pa.table({"key": pa.array(keys, column), "place": pa.array(range(len(keys)))})
    with (
        folder.commit("table.arrow") as pending,
        pa.ipc.new_file(pa.PythonFile(pending), table.schema) as writer,
    ):
        for batch in table.to_batches(batch_rows):
            writer.write_batch(batch)
    return SortedTable(folder, "table.arrow", "key")


@settings(max_examples=60)
@given(st.data(), st.booleans(), st.integers(1, 5))
def test_all_rows_of_a_key_are_found_whatever_the_record_batches(
    tmp_path_factory, data, by_id, batch_rows
):
    key = IDS if by_id else st.integers(0, 6)
    keys = sorted(data.draw(st.lists(key, max_size=12)))
    asked = data.draw(key)
    folder = Folder(str(tmp_path_factory.mktemp("table")))
    table = write(folder, pa.binary(16) if by_id else pa.int64(), keys, batch_rows)
    expected = [place for place, each in enumerate(keys) if each == asked]
    assert [row["place"] for row in table.rows(asked)] == expected
