"""Dictionaries of Arrow data add up, and rows take memory whatever they hold: both are refused."""

import io

import pyarrow as pa
import pytest
from reader_laws import read

LIMIT = 8 * 1000  # of a batch, where records have at most 1000 bytes


def data(batches, new=pa.ipc.new_stream, **options):
    sink = io.BytesIO()
    settings = pa.ipc.IpcWriteOptions(compression="zstd", **options)
    with new(sink, batches[0].schema, options=settings) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()


def words(*values):
    """A column of one row, the last of a dictionary's words."""
    codes = pa.array([len(values) - 1], pa.int32())
    return pa.DictionaryArray.from_arrays(codes, pa.array(values))


def found(tmp_path, content):
    path = tmp_path / "a.arrow"
    path.write_bytes(content)
    documents, lost, _ = read("arrow", path, max_record_bytes=1000)
    return [dict(document[1:])["text"] for document in documents], [one[:2] for one in lost]


def columns(count):
    """A batch with so many dictionaries, each of 3000 bytes or a little more: two are not 8000."""
    named = {f"column {at}": words("x" * 2990, "y" * 10) for at in range(count)}
    return pa.record_batch({"text": ["a"], **named})


@pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
def test_dictionaries_are_refused_together(new, tmp_path):
    assert 2 * 3000 < LIMIT < 3 * 3000
    assert found(tmp_path, data([columns(2)], new)) == (["a"], [])
    assert found(tmp_path, data([columns(3)], new)) == ([], [(0, "damaged")])


def test_what_is_added_to_a_dictionary_is_refused_with_what_it_had(tmp_path):
    values = [letter * 900 for letter in "abcdefghijkl"]
    batches = [pa.record_batch({"text": words(*values[: at + 1])}) for at in range(12)]
    texts, lost = found(tmp_path, data(batches, emit_dictionary_deltas=True))
    # Each delta has 900 bytes and 8 or more of offsets: 8 come to 7264, 9 to more than 8100.
    assert texts == values[:8]
    assert lost == [(at, "damaged") for at in range(8, 12)]


def test_a_dictionary_that_takes_the_place_of_another_does_not_add_to_it(tmp_path):
    batches = [pa.record_batch({"text": words("x" * 5000, letter)}) for letter in "abcdef"]
    assert found(tmp_path, data(batches)) == (list("abcdef"), [])


@pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
def test_many_rows_of_a_bit_each_are_refused(new, tmp_path):
    # 16 bytes are counted for a row: 500 rows come to the limit, though they are 63 bytes.
    for rows, expected in ((500, "no_text"), (501, "damaged")):
        batch = pa.record_batch({"flag": [False] * rows})
        _, lost = found(tmp_path, data([batch], new))
        assert {reason for _, reason in lost} == {expected}
