"""Every reader on good and on bad input: nothing is lost, and each record says what is wrong."""

import bz2
import gzip
import io
import json
import lzma
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus.errors import RecipeError
from haybale.pipeline.sources import arrow, collector, jsonl, parquet, reader_for, readers, warc
from haybale.pipeline.sources.lines import split_lines
from haybale.pipeline.sources.records import ReadOptions
from haybale.quality.extraction import NotTextError, TooLongError

COMPRESS = {
    "": lambda data: data,
    ".gz": gzip.compress,
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def read(reader, path, data, **options):
    path.write_bytes(data)
    chosen = {"fields": {}, "license": None, "max_record_bytes": 1 << 26}
    chosen |= {"extract": lambda html, _: html.decode()} | options
    settings = ReadOptions(subset="web", name=path.name, **chosen)
    batches = list(reader.read(str(path), settings))
    rows = [row for batch in batches for row in batch.documents.to_pylist()]
    dropped = [rule for batch in batches for rule in batch.dropped.to_pylist()]
    lost = [(one.position, one.reason) for batch in batches for one in batch.unreadable]
    return rows, lost, dropped


def lines(*records):
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_json_lines_come_back_whole_from_every_compression(suffix, tmp_path):
    records = [{"text": f"text {n} \u00e9", "id": n, "url": f"u{n}", "more": [n]} for n in range(9)]
    data = COMPRESS[suffix](lines(*records))
    rows, lost, _ = read(jsonl, tmp_path / f"a.jsonl{suffix}", data)
    assert [row["text"] for row in rows] == [record["text"] for record in records]
    assert json.loads(rows[3]["metadata"]) == {"id": 3, "more": [3]}
    assert rows[3]["url"] == "u3"
    assert len({row["doc_id"] for row in rows}) == 9
    assert lost == []


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bz2", ".xz"])
def test_members_behind_one_another_are_one_stream(suffix, tmp_path):
    data = COMPRESS[suffix](lines({"text": "one"})) + COMPRESS[suffix](lines({"text": "two"}))
    rows, lost, _ = read(jsonl, tmp_path / f"a.jsonl{suffix}", data)
    assert [row["text"] for row in rows] == ["one", "two"]
    assert lost == []


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bz2", ".xz"])
def test_a_truncated_file_gives_what_came_before_and_says_so(suffix, tmp_path):
    text = random.Random(0).randbytes(50_000).hex()
    whole = COMPRESS[suffix](lines({"text": "first"})) + COMPRESS[suffix](lines({"text": text}))
    rows, lost, _ = read(jsonl, tmp_path / f"a.jsonl{suffix}", whole[:-20_000])
    assert [row["text"] for row in rows] == ["first"]
    assert [reason for _, reason in lost] == ["truncated"]


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bz2", ".xz"])
def test_a_damaged_file_gives_what_came_before_and_says_so(suffix, tmp_path):
    data = COMPRESS[suffix](lines({"text": "first"})) + b"this is no compressed stream at all"
    rows, lost, _ = read(jsonl, tmp_path / f"a.jsonl{suffix}", data)
    assert [row["text"] for row in rows] == ["first"]
    assert [reason for _, reason in lost] == ["damaged"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{not json", "not_json"),
        (b'{"text": "\xff\xfe"}', "invalid_utf8"),
        (b'["a", "list"]', "not_an_object"),
        (b'{"content": "x"}', "no_text"),
        (b'{"text": null}', "no_text"),
        (b'{"text": 5}', "text_not_a_string"),
        (b'{"text": "\\ud800"}', "not_json"),  # half of a surrogate pair
        (b'{"text": "' + b"x" * 200 + b'"}', "record_too_long"),
    ],
)
def test_a_bad_line_costs_itself_and_gives_its_position(line, reason, tmp_path):
    good = lines({"text": "good"})
    data = good + line + b"\n" + good
    rows, lost, _ = read(jsonl, tmp_path / "a.jsonl", data, max_record_bytes=100)
    assert [row["text"] for row in rows] == ["good", "good"]
    assert lost == [(len(good), reason)]


def test_blank_lines_are_no_records_and_a_last_line_needs_no_newline(tmp_path):
    data = b"\n\r\n" + lines({"text": "one"}) + b"\n" + b'{"text": "two"}'
    rows, lost, _ = read(jsonl, tmp_path / "a.jsonl", data)
    assert [row["text"] for row in rows] == ["one", "two"]
    assert lost == []


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst", ".bz2", ".xz"])
def test_an_empty_file_has_no_records(suffix, tmp_path):
    assert read(jsonl, tmp_path / f"a.jsonl{suffix}", b"") == ([], [], [])


def test_a_line_of_fifty_megabytes_is_read(tmp_path):
    text = "long " * 10_000_000
    rows, lost, _ = read(jsonl, tmp_path / "a.jsonl", lines({"text": text}))
    assert len(rows[0]["text"]) == 50_000_000
    assert lost == []


def test_fields_may_have_other_names(tmp_path):
    data = lines({"content": "hello", "link": "there"})
    fields = {"text": "content", "url": "link"}
    rows, _, _ = read(jsonl, tmp_path / "a.jsonl", data, fields=fields)
    assert (rows[0]["text"], rows[0]["url"]) == ("hello", "there")


def test_what_names_no_language_stays_beside_the_text(tmp_path):
    labels = ["en", "eng_Latn", "pt-BR", "English", "lang-7", "und", "<b>", "x" * 1000, 7, None, []]
    data = lines(*({"text": "hello", "lang": label} for label in labels))
    rows, _, _ = read(jsonl, tmp_path / "a.jsonl", data)
    assert [row["language"] for row in rows] == [*labels[:3], *[None] * 8]
    left = [row["metadata"] and json.loads(row["metadata"]) for row in rows]
    # Codes are where they belong, and null says nothing.
    assert left == [None if label in (*labels[:3], None) else {"lang": label} for label in labels]


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line)), st.integers(1, 9))
def test_lines_do_not_depend_on_how_the_stream_is_cut(pieces, block_bytes):
    data = b"\n".join(pieces)
    blocks = (data[at : at + block_bytes] for at in range(0, len(data), block_bytes))
    found = list(split_lines(blocks, 1000))
    expected = data.split(b"\n")
    if expected[-1] == b"":
        expected.pop()  # what is behind the last newline is no line
    assert [line.content for line in found] == expected
    assert all(data[line.position :].startswith(line.content) for line in found)


def test_parquet_rows_come_back_and_rows_without_text_are_unreadable(tmp_path):
    table = pa.table({"text": ["a", None, "c"], "id": [1, 2, 3], "tags": [["x"], [], None]})
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=2)
    rows, lost, _ = read(parquet, tmp_path / "a.parquet", sink.getvalue())
    assert [row["text"] for row in rows] == ["a", "c"]
    assert json.loads(rows[0]["metadata"]) == {"id": 1, "tags": ["x"]}
    assert lost == [(1, "no_text")]


def test_a_damaged_parquet_file_is_one_unreadable_record(tmp_path):
    rows, lost, _ = read(parquet, tmp_path / "a.parquet", b"PAR1 this is none PAR1")
    assert rows == []
    assert lost == [(0, "damaged")]


def response(url, body, *, status=200, kind="text/html", length=None, head="WARC/1.0"):
    http = f"HTTP/1.1 {status} OK\r\nContent-Type: {kind}\r\n\r\n".encode() + body
    size = len(http) if length is None else length
    headers = (
        f"{head}\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\n"
        "WARC-Date: 2020-01-01T00:00:00Z\r\n"
        "Content-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {size}\r\n\r\n"
    )
    return headers.encode() + http + b"\r\n\r\n"


def archive(*records, compressed=True):
    return b"".join(gzip.compress(record) if compressed else record for record in records)


@pytest.mark.parametrize("compressed", [True, False])
def test_warc_responses_come_back_with_url_and_offset(compressed, tmp_path):
    data = archive(
        response("http://a/", b"one"), response("http://b/", b"two"), compressed=compressed
    )
    rows, lost, dropped = read(warc, tmp_path / "a.warc.gz", data)
    assert [(row["url"], row["text"]) for row in rows] == [
        ("http://a/", "one"),
        ("http://b/", "two"),
    ]
    assert lost == []
    assert dropped == [None, None]


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (response("http://b/", b"two", head="GARBAGE!"), "malformed"),
        (response("http://b/", b"two", length=100_000), "truncated"),
        (response("http://b/", b"two").replace(b"Content-Length", b"Content-Lenght"), "malformed"),
    ],
)
def test_a_malformed_warc_record_costs_only_itself(compressed, bad, reason, tmp_path):
    first, last = response("http://a/", b"one"), response("http://c/", b"three")
    data = archive(first, bad, last, compressed=compressed)
    rows, lost, _ = read(warc, tmp_path / "a.warc.gz", data)
    assert [row["text"] for row in rows] == ["one", "three"]
    assert [what for _, what in lost] == [reason]


def test_a_truncated_warc_file_is_noticed(tmp_path):
    data = archive(
        response("http://a/", b"one"), response("http://b/", random.Random(0).randbytes(9999))
    )
    rows, lost, _ = read(warc, tmp_path / "a.warc.gz", data[:-99])
    assert [row["text"] for row in rows] == ["one"]
    assert [what for _, what in lost] == ["truncated"]


def test_pages_that_are_no_pages_are_dropped_by_a_rule(tmp_path):
    data = archive(
        response("http://a/", b"gone", status=404),
        response("http://b/", b"\x89PNG", kind="image/png"),
    )
    _, lost, dropped = read(warc, tmp_path / "a.warc.gz", data)
    assert dropped == ["extraction/http_status@1", "extraction/not_html@1"]
    assert lost == []


def test_pages_without_main_content_say_so(tmp_path):
    def extract(html, _):
        if html == b"long":
            raise TooLongError("long")
        if html == b"binary":
            raise NotTextError("binary")
        return " \n"

    data = archive(*(response("http://a/", body) for body in (b"menu", b"long", b"binary")))
    rows, lost, dropped = read(warc, tmp_path / "a.warc.gz", data, extract=extract)
    assert [row["text"].strip() for row in rows] == [""] * 3
    assert lost == []
    assert dropped == [
        "extraction/no_content@1",
        "extraction/too_long@1",
        "extraction/not_html@1",
    ]


def test_readers_are_found_by_name_and_by_ending():
    assert set(readers()) == {"arrow", "jsonl", "parquet", "text", "warc", "wet"}
    assert reader_for("CC-MAIN-1.warc.wet.gz") is readers()["wet"]
    assert reader_for("x/A.JSONL.GZ") is jsonl
    assert reader_for("x.data", "parquet") is parquet
    with pytest.raises(RecipeError, match="no reader for this file name"):
        reader_for("x.docx")
    with pytest.raises(RecipeError, match="did you mean 'jsonl'"):
        reader_for("x", "json_l")


@pytest.mark.parametrize("name", ["a.parquet.gz", "a.arrow.zst", "a.jsonl.gz.zst", "a.txt.xz.xz"])
def test_a_compression_that_no_reader_undoes_is_refused_before_the_file_is_read(name):
    with pytest.raises(RecipeError, match="compress"):
        reader_for(name)
    with pytest.raises(RecipeError, match="compress"):
        reader_for(name, reader_for(name.partition(".")[0] + "." + name.split(".")[1]).NAME[:-2])


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path):
    mark = b"\xef\xbb\xbf"
    data = mark + lines({"text": "one"}) + lines({"text": "two"})
    rows, lost, _ = read(jsonl, tmp_path / "a.jsonl", data)
    plain, _, _ = read(jsonl, tmp_path / "a.jsonl", lines({"text": "one"}))
    assert [row["text"] for row in rows] == ["one", "two"]
    assert rows[0]["doc_id"] == plain[0]["doc_id"]  # at position 0 with it and without
    assert lost == []
    second = lines({"text": "one"})
    _, lost, _ = read(jsonl, tmp_path / "a.jsonl", second + mark + lines({"text": "two"}))
    assert lost == [(len(second), "not_json")]


def test_a_stream_of_arrow_before_version_0_15_ends_where_it_ends(tmp_path):
    sink, batch = io.BytesIO(), pa.record_batch({"text": ["a", "b"]})
    options = pa.ipc.IpcWriteOptions(use_legacy_format=True)
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    rows, lost, _ = read(arrow, tmp_path / "a.arrows", sink.getvalue())
    assert [row["text"] for row in rows] == ["a", "b"]
    assert lost == []


@pytest.mark.parametrize("field", ["url", "timestamp", "source", "license", "other"])
def test_a_batch_is_closed_by_the_bytes_of_every_field(field, tmp_path):
    long = "\u00e9" * (1 << 20)  # 2 MiB as UTF-8, so that two of them fill a batch
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines(*({"text": "a", field: long} for _ in range(5))))
    settings = ReadOptions(
        subset="web", name=path.name, fields={}, license=None, max_record_bytes=1 << 26, extract=str
    )
    assert [each.documents.num_rows for each in jsonl.read(str(path), settings)] == [2, 2, 1]


def test_a_field_that_no_column_can_hold_costs_its_record(monkeypatch):
    monkeypatch.setattr(collector, "_MAX_FIELD_BYTES", collector.BATCH_BYTES + 10)
    settings = ReadOptions(
        subset="web", name="a", fields={}, license=None, max_record_bytes=1 << 26, extract=str
    )
    records = collector.RecordCollector(settings)
    records.add(0, "text", timestamp="x" * 11)
    records.add(1, "text" * 10, timestamp="x" * 10)
    (found,) = records.rest()
    assert found.positions == (1,)
    assert [(one.position, one.reason) for one in found.unreadable] == [(0, "record_too_long")]
