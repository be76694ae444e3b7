"""What is lost is counted for what it is, and what is no damage is not taken for it."""

import errno
import gzip
import io
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from source_files import gzipped, response

from haybale.corpus.ledger import Amount, Ledger
from haybale.corpus.listing import match_file
from haybale.pipeline.ingesting.accounts import enter_unreadable
from haybale.pipeline.ingesting.source_reading import SourceReading
from haybale.pipeline.sources import (
    arrow_batch,
    arrow_file,
    arrow_rows,
    arrow_stream_messages,
    compression,
    parquet,
    readers,
    warc,
)
from haybale.pipeline.sources.records import ReadOptions, Unreadable


def read(format_, path, **options):
    chosen = {"extract": lambda html, _: html.decode(), "max_record_bytes": 1 << 20} | options
    settings = ReadOptions(subset="web", name=path.name, fields={}, license=None, **chosen)
    found = list(readers()[format_].read(str(path), settings))
    texts = [text for records in found for text in records.documents.column("text").to_pylist()]
    return texts, [lost for records in found for lost in records.unreadable]


def arrow_data(batches, new=pa.ipc.new_file):
    sink = io.BytesIO()
    with new(sink, batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()


def parquet_data(texts, rows_a_group):
    sink = io.BytesIO()
    table = pa.table({"text": texts})
    pq.write_table(table, sink, row_group_size=rows_a_group, compression="zstd")
    return sink.getvalue()


def fails(*_args, **_named):
    raise pa.ArrowMemoryError("malloc of size 1 failed")


@pytest.mark.parametrize(
    ("name", "module", "step"),
    [
        ("a.parquet", parquet.pq, "ParquetFile"),
        ("a.parquet", parquet, "add_rows"),
        ("a.arrow", arrow_file, "read_footer"),
        ("a.arrow", arrow_batch, "row_bytes"),
        ("a.arrow", arrow_rows, "_plain"),
        ("a.arrows", arrow_stream_messages, "message_at"),
        ("a.arrows", arrow_batch, "row_bytes"),
    ],
)
def test_too_little_memory_for_a_table_is_raised_and_not_recorded(
    name, module, step, tmp_path, monkeypatch
):
    path, batch = tmp_path / name, pa.record_batch({"text": ["a", "b"]})
    if name == "a.parquet":
        path.write_bytes(parquet_data(["a", "b"], 2))
    else:
        new = pa.ipc.new_file if name == "a.arrow" else pa.ipc.new_stream
        path.write_bytes(arrow_data([batch], new))
    monkeypatch.setattr(module, step, fails)
    with pytest.raises(MemoryError):
        read(path.suffix[1:].rstrip("s"), path)


@pytest.mark.parametrize("where", ["_parse_http", "extract"])
def test_too_little_memory_for_a_page_is_raised_and_not_recorded(where, tmp_path, monkeypatch):
    path = tmp_path / "a.warc"
    path.write_bytes(response("http://a/", b"page"))
    if where == "_parse_http":
        monkeypatch.setattr(warc, "_parse_http", fails)
    with pytest.raises(MemoryError):
        read("warc", path, extract=fails)


class _Failing:
    """A file whose reading, or a decompressor whose work, fails."""

    def __init__(self, error):
        self._error = error

    def read(self, _num_bytes):
        raise self._error

    decompress = read


@pytest.mark.parametrize("suffix", compression.COMPRESSIONS)
def test_a_disk_that_fails_is_no_damaged_member(suffix):
    source = compression.CompressedInput(_Failing(OSError(errno.EIO, "input/output error")))
    with pytest.raises(OSError, match="input/output"):
        list(compression.member_blocks(source, suffix))


@pytest.mark.parametrize(
    "error", [MemoryError("none left"), compression.zstandard.ZstdError("Allocation error : x")]
)
def test_too_little_memory_to_decompress_is_no_damaged_member(error, monkeypatch):
    monkeypatch.setattr(compression.zlib, "decompressobj", lambda wbits: _Member(error))
    source = compression.CompressedInput(io.BytesIO(gzip.compress(b"plain")))
    with pytest.raises(MemoryError):
        list(compression.member_blocks(source, ".gz"))


class _Member(_Failing):
    eof, unconsumed_tail = False, b""

    def decompress(self, data, limit):
        raise self._error


def test_rows_of_a_lost_row_group_are_counted_each(tmp_path):
    path = tmp_path / "a.parquet"
    data = bytearray(parquet_data([f"text {at}" for at in range(10)], 5))
    group = pq.ParquetFile(io.BytesIO(bytes(data))).metadata.row_group(1).column(0)
    start = group.dictionary_page_offset
    data[start : start + 8] = b"\0" * 8
    path.write_bytes(bytes(data))
    texts, (lost,) = read("parquet", path)
    assert texts == [f"text {at}" for at in range(5)]
    # Groups of five rows: the second begins at row 5, and is lost whole.
    assert (lost.position, lost.num_records) == (5, 5)
    assert lost.num_bytes == group.total_compressed_size


def test_the_manifest_counts_rows_that_were_lost_together_each(tmp_path):
    batches = [_long("a", "b"), _long("c" * 10_000, "d", "e"), _long("f")]
    path = tmp_path / "a.arrow"
    path.write_bytes(arrow_data(batches))
    reading = SourceReading(replace(match_file(str(path)), name="a.arrow"))
    settings = ReadOptions(
        subset="web", name="a.arrow", fields={}, license=None, max_record_bytes=1000, extract=str
    )
    assert sum(each.documents.num_rows for each in reading.read(settings, None)) == 3
    assert reading.facts(3)["records"] == 6  # of the batches: 2 + 3 + 1


def test_a_column_longer_than_its_file_asks_for_no_memory(tmp_path):
    group = parquet._RowGroup(0, 0, 3, 0, (), 1 << 60, 1 << 60)
    path = tmp_path / "a.parquet"
    path.write_bytes(parquet_data(["a", "b", "c"], 3))
    parquet_groups = parquet._row_groups
    parquet._row_groups = lambda *_: [group]
    try:
        texts, (lost,) = read("parquet", path)
    finally:
        parquet._row_groups = parquet_groups
    assert texts == []
    assert lost.num_records == 3
    assert f"{1 << 60} bytes in a file" in lost.detail


def _long(*texts):
    """A batch with a text that is not UTF-8 in it, or a good one."""
    return pa.record_batch({"text": list(texts), "tags": [["x"]] * len(texts)})


@pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
def test_a_damaged_batch_costs_its_rows_and_no_others(new, tmp_path):
    batches = [_long("a", "b"), _long("c" * 100, "d", "e"), _long("f")]
    data = arrow_data(batches, new)
    at = data.index(b"c" * 100)
    # The offsets of its texts stand before them: 0, 100, 101, 102, of which 100 is made too large.
    wrong = data.rindex((100).to_bytes(4, "little"), 0, at)
    data = data[:wrong] + (1 << 30).to_bytes(4, "little") + data[wrong + 4 :]
    path = tmp_path / "a.arrow"
    path.write_bytes(data)
    texts, (lost,) = read("arrow", path)
    assert texts == ["a", "b", "f"]
    assert (lost.position, lost.reason, lost.num_records) == (2, "damaged", 3)
    assert lost.num_bytes > 100


def test_a_batch_that_is_too_large_does_not_end_its_stream(tmp_path):
    path = tmp_path / "a.arrows"
    path.write_bytes(arrow_data([_long("a"), _long("b" * 10_000), _long("c")], pa.ipc.new_stream))
    texts, (lost,) = read("arrow", path, max_record_bytes=1000)  # of which 8 make a batch
    assert texts == ["a", "c"]
    assert (lost.position, lost.num_records) == (1, 1)


def test_what_follows_a_lost_dictionary_is_not_read_with_the_one_before(tmp_path):
    def batch(*words):
        codes = pa.array([0], pa.int32())
        return pa.record_batch({"text": pa.DictionaryArray.from_arrays(codes, pa.array(words))})

    same = batch("y" * 10_000)
    path = tmp_path / "a.arrows"
    path.write_bytes(arrow_data([batch("a"), same, same, same], pa.ipc.new_stream))
    texts, lost = read("arrow", path, max_record_bytes=1000)
    assert texts == ["a"]
    assert [(one.position, one.num_records) for one in lost] == [(1, 1), (2, 1), (3, 1)]


_BROKEN = pa.Array.from_buffers(
    pa.string(), 3, pa.array([b"good", b"bad, and longer than a view \xff", b"fine"]).buffers()
)


@pytest.mark.parametrize(
    "column",
    [
        _BROKEN,
        pa.ListArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), _BROKEN),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.int32()), _BROKEN),
        pa.StructArray.from_arrays([_BROKEN], ["name"]),
        pa.array([b"good", b"bad, and longer than a view \xff", b"fine"], pa.binary_view()).view(
            pa.string_view()
        ),
    ],
    ids=["strings", "lists", "dictionary", "structs", "views"],
)
@pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
def test_a_string_that_is_no_utf8_costs_its_row(new, column, tmp_path):
    path = tmp_path / "a.arrow"
    path.write_bytes(arrow_data([pa.record_batch({"text": ["a", "b", "c"], "x": column})], new))
    texts, (lost,) = read("arrow", path)
    assert texts == ["a", "c"]
    assert (lost.position, lost.reason, lost.num_records) == (1, "invalid_utf8", 1)


@pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
def test_a_column_of_a_type_that_is_not_read_costs_its_rows_and_raises_nothing(new, tmp_path):
    codes = pa.array([0, 0], pa.int8())
    union = pa.UnionArray.from_sparse(codes, [pa.array([1, 2])])
    path = tmp_path / "a.arrow"
    path.write_bytes(arrow_data([pa.record_batch({"text": ["a", "b"], "u": union})] * 2, new))
    texts, lost = read("arrow", path)
    assert texts == []
    assert [(one.position, one.num_records) for one in lost] == [(0, 2), (2, 2)]
    assert "union" in lost[0].detail


def test_records_that_were_lost_together_are_counted_each_in_the_ledger():
    ledger = Ledger()
    enter_unreadable(ledger, "web", Unreadable("a.arrow", 2, "damaged", "", 100, 3))
    enter_unreadable(ledger, "web", Unreadable("a.arrow", 9, "not_json", "", 10))
    assert ledger.total(outcome="unreadable") == Amount(4, 110)
    assert ledger.total(outcome="read").documents == 4


def test_more_records_than_bytes_in_a_member_are_counted_each(tmp_path):
    one = response("http://a/", b"same")
    num_records = 2000  # of 180 bytes, of which deflate makes 1 at best: 1032 to 1
    member = gzipped(one * num_records)
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzipped(one) + member + gzipped(one))
    assert len(member) < num_records
    texts, (lost,) = read("warc", path)
    assert len(texts) == 1 + len(member) + 1
    assert lost.num_records == num_records - len(member)
    assert "compress them apart" in lost.detail
