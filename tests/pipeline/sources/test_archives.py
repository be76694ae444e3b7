"""WARC and WET archives: what is searched for from the middle, nested archives, hostile records."""

import itertools
import zlib

import pytest
from reader_laws import check_laws, read, read_pieces
from source_files import gzipped, response, warc_record, zstd

from haybale.pipeline.sources.span import Span


def texts(documents):
    return [dict(document[1:])["text"] for document in documents]


@pytest.mark.parametrize("pack", [gzipped, zstd, bytes])
def test_a_nested_archive_is_no_part_of_the_one_that_holds_it(pack, tmp_path):
    # The payload is an archive itself, stored as it is: its records look like any other's.
    inner = b"".join(pack(response(f"http://inner/{at}", b"inner")) for at in range(20))
    stored = zlib.compressobj(0, wbits=31)  # level 0: the bytes of the payload stand in the member
    outer = response("http://outer/", inner)
    if pack is gzipped:
        outer = stored.compress(outer) + stored.flush()
    elif pack is zstd:
        outer = zstd(outer)
    before, after = pack(response("http://a/", b"first")), pack(response("http://b/", b"last"))
    path = tmp_path / "a.warc"
    path.write_bytes(before + outer + after)
    documents, lost, _ = read("warc", path)
    urls = [dict(document[1:])["url"] for document in documents]
    assert urls == ["http://a/", "http://outer/", "http://b/"]
    assert lost == []
    boundary = path.read_bytes().find(pack(response("http://inner/7", b"inner")))
    if pack is not zstd:  # which packs the payload again, so that nothing of it can be seen
        assert boundary > 0
        piece = Span(boundary, len(path.read_bytes()))
        deceived, _, covered = read("warc", path, piece)
        assert dict(deceived[0][1:])["url"] == "http://inner/7"
        assert covered.begin == boundary
        assert read_pieces("warc", path, [boundary]) == (documents, lost)
    check_laws("warc", path, range(0, path.stat().st_size, 50))


def test_of_a_file_compressed_whole_every_record_has_a_position_of_its_own(tmp_path):
    records = [response(f"http://a/{at}", b"text %d" % at) for at in range(5)]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzipped(b"".join(records)))
    documents, lost, _ = read("warc", path)
    # Counted in the bytes before they were compressed.
    assert [document[0] for document in documents] == [
        0,
        *itertools.accumulate(map(len, records[:-1])),
    ]
    assert lost == []


@pytest.mark.parametrize(
    "length", ["-5", "99999999999999999999", "1e3", "0x10", "999999999999999999", ""]
)
def test_an_absurd_length_costs_its_record(length, tmp_path):
    good = response("http://a/", b"good")
    bad = good.replace(b"Content-Length: ", f"Content-Length: {length}\r\nX: ".encode())
    path = tmp_path / "a.warc"
    path.write_bytes(good + bad + good)
    documents, lost, _ = read("warc", path)
    assert texts(documents) == ["good", "good"]
    # Every byte of it is accounted for.
    assert [(position, size) for position, _, size in lost] == [(len(good), len(bad))]


@pytest.mark.parametrize(
    "head",
    [b"X: " + b"x" * (100 << 20) + b"\r\n", b"X: y\r\n" * 1_000_000, b"\r" * 3_000_000],
    ids=["a long field", "many fields", "no line end"],
)
def test_an_absurd_head_costs_its_record(head, tmp_path):
    good = response("http://a/", b"good")
    bad = good.replace(b"WARC-Date", head + b"WARC-Date")
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(map(gzipped, (good, bad, good))))
    documents, lost, _ = read("warc", path)
    assert texts(documents) == ["good", "good"]
    assert [reason for _, reason, _ in lost] == ["malformed"]


@pytest.mark.parametrize(
    "body", [b"zzzz\r\nhello", b"fffffffffffffffff\r\nhello", b"-1\r\nhello", b"5\r\nhe"]
)
def test_chunks_that_are_none_are_read_as_they_are_or_not_at_all(body, tmp_path):
    path = tmp_path / "a.warc"
    bad = response("http://a/", body, "Transfer-Encoding: chunked\r\n")
    path.write_bytes(bad + response("http://b/", b"good"))
    documents, lost, _ = read("warc", path)
    assert texts(documents)[-1] == "good"
    assert len(documents) + len(lost) == 2


def test_a_response_that_is_no_web_page_is_dropped_and_not_unreadable(tmp_path):
    path = tmp_path / "a.warc"
    path.write_bytes(warc_record("response", "dns:a", b"20200101\n", "Content-Type: text/dns\r\n"))
    documents, lost, _ = read("warc", path)
    assert len(documents) == 1
    assert lost == []


def test_text_of_a_wet_archive_keeps_its_language_if_it_is_one(tmp_path):
    field = "WARC-Identified-Content-Language: {}\r\n"
    path = tmp_path / "a.warc.wet.gz"
    records = [
        warc_record("conversion", "http://a/", "déjà".encode(), field.format("fra")),
        warc_record("conversion", "http://b/", b"two", field.format("eng,deu")),
        warc_record("conversion", "http://c/", b"none"),
        warc_record("conversion", "http://d/", b"\xff\xfe"),
    ]
    path.write_bytes(b"".join(map(gzipped, records)))
    documents, lost, _ = read("wet", path)
    rows = [dict(document[1:]) for document in documents]
    assert [row["text"] for row in rows] == ["déjà", "two", "none"]
    assert [row["language"] for row in rows] == ["fra", None, None]
    assert [row["metadata"] for row in rows] == [None, '{"languages":"eng,deu"}', None]
    assert rows[0]["url"] == "http://a/"
    assert rows[0]["timestamp"] == "2020-01-01T00:00:00Z"
    assert [reason for _, reason, _ in lost] == ["invalid_utf8"]
