"""What a table's file merely declares of its rows is not believed, nor entered as lost."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reader_laws import check_laws

from haybale.pipeline.sources import parquet, readers
from haybale.pipeline.sources.parquet_footer import read_footer
from haybale.pipeline.sources.records import ReadOptions


def read(format_, path, max_record_bytes=1 << 20):
    options = ReadOptions("web", path.name, {}, None, max_record_bytes, lambda html, _: "")
    found = list(readers()[format_].read(str(path), options))
    texts = [text for records in found for text in records.documents.column("text").to_pylist()]
    return texts, [lost for records in found for lost in records.unreadable]


def parquet_data(texts):
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), sink, compression="none", use_dictionary=False)
    return sink.getvalue()


def compact_number(value):
    """An integer of Thrift's compact protocol: zigzag, seven bits a byte."""
    value, found = value << 1, bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(found) + bytes([value])


def footer_of(data):
    return data[-8 - int.from_bytes(data[-8:-4], "little") : -8]


def with_footer(data, footer):
    begin = data[: -8 - len(footer_of(data))]
    return begin + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def declaring(data, group_rows, file_rows):
    """A file of one row group of two rows, declaring others for the group and for the file."""
    (group,) = read_footer(pa.BufferReader(data))
    footer = footer_of(data)
    # Fields 2 and 3 of the group, its bytes and its rows; i64 has type 6, the next field delta 1.
    old = b"\x16" + compact_number(group.num_bytes) + b"\x16" + compact_number(2)
    new = b"\x16" + compact_number(group.num_bytes) + b"\x16" + compact_number(group_rows)
    assert footer.count(old) == 1
    footer = footer.replace(old, new)
    # Before the row groups, field 4, a list (type 9), stand the rows of the file, field 3.
    old, new = (b"\x16" + compact_number(rows) + b"\x19\x1c" for rows in (2, file_rows))
    assert footer.count(old) == 1
    return with_footer(data, footer.replace(old, new))


@pytest.mark.parametrize(
    ("group_rows", "file_rows"),
    # PyArrow writes up to 577 nulls a byte; here 1024 a byte, and 64 bytes for nothing, are more
    # than 1024 * (file of 400 + 64) = 475,136 rows.
    [(1 << 20, 2), (3, 2), (2, 3), (1 << 20, 1 << 20), (1 << 62, 1 << 62)],
)
def test_rows_that_a_parquet_file_cannot_have_are_lost_as_one_record(
    group_rows, file_rows, tmp_path
):
    path = tmp_path / "a.parquet"
    path.write_bytes(declaring(parquet_data(["aa", "bb"]), group_rows, file_rows))
    texts, (lost,) = read("parquet", path)
    assert texts == []
    assert (lost.position, lost.reason, lost.num_records) == (0, "damaged", 1)
    assert lost.num_bytes == path.stat().st_size < 1000
    check_laws("parquet", path, [200])


def test_more_missing_rows_than_bytes_are_lost_as_one_record(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(declaring(parquet_data(["aa", "bb"]), 10_000, 10_000))
    texts, (lost,) = read("parquet", path)
    assert texts == ["aa", "bb"]
    assert (lost.position, lost.num_records) == (2, 1)


def test_bytes_of_all_row_groups_together_are_no_more_than_the_file_has():
    (group,) = read_footer(pa.BufferReader(parquet_data(["aa", "bb"])))
    column = group.columns[0]._replace(num_bytes=1 << 60)
    groups = parquet._row_groups([group._replace(columns=[column])] * 3, 500)
    assert [each.num_bytes for each in groups] == [500, 0, 0]


def test_a_dictionary_before_the_file_is_none(tmp_path):
    path, data = tmp_path / "a.parquet", parquet_data(["aa", "bb"])
    footer = footer_of(data)
    # The data begins at 4, field 9 of the column, an i64; field 11 is set to 0 behind it. It is
    # followed by field 12, the statistics, a struct: its delta is 1 instead of 3.
    old, new = b"\x26\x08\x3c", b"\x26\x08\x26\x00\x1c"
    assert footer.count(old) == 1
    path.write_bytes(with_footer(data, footer.replace(old, new)))
    column = pq.ParquetFile(path).metadata.row_group(0).column(0)
    assert (column.has_dictionary_page, column.dictionary_page_offset) == (True, 0)
    assert read("parquet", path) == (["aa", "bb"], [])


@pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
def test_rows_that_an_arrow_batch_cannot_have_are_lost_as_one_record(new, tmp_path):
    sink, batch = io.BytesIO(), pa.record_batch({"text": ["aa"] * 12_345})
    with new(sink, batch.schema) as writer:
        writer.write_batch(batch)
    old = (12_345).to_bytes(8, "little")
    assert sink.getvalue().count(old) == 2  # of the batch, and of its column
    path = tmp_path / "a.arrow"
    path.write_bytes(sink.getvalue().replace(old, (2**31 - 1).to_bytes(8, "little")))
    texts, (lost,) = read("arrow", path)
    assert texts == []
    assert (lost.position, lost.num_records) == (0, 1)
