"""A wrong Content-Length in an archive that is compressed: what stands behind it is not lost."""

import itertools
import time

import pytest
from reader_laws import check_laws, read
from source_files import gzipped, response, warc_record, zstd

from haybale.pipeline.sources import readers
from haybale.pipeline.sources.records import ReadOptions
from haybale.pipeline.sources.source_digest import SourceDigest

RECORDS = [response(f"http://a/{at}", b"text %d" % at) for at in range(60)]


def with_length(record, length):
    """The record, declaring so many bytes."""
    head, name, rest = record.partition(b"Content-Length: ")
    return head + name + b"%d\r\n" % length + rest.partition(b"\r\n")[2]


def declared(record):
    return int(record.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])


def begins(records):
    return [0, *itertools.accumulate(map(len, records[:-1]))]


def numbers(documents):
    return [int(dict(document[1:])["url"].removeprefix("http://a/")) for document in documents]


@pytest.mark.parametrize("pack", [gzipped, zstd])
@pytest.mark.parametrize("wrong", [0, 20])
@pytest.mark.parametrize("more", [-3, 1, 100, 500], ids="{:+}".format)
def test_in_an_archive_compressed_whole_a_wrong_length_costs_its_record(
    pack, wrong, more, tmp_path
):
    records = list(RECORDS)
    records[wrong] = with_length(records[wrong], declared(records[wrong]) + more)
    path = tmp_path / "a.warc"
    path.write_bytes(pack(b"".join(records)))
    documents, lost, _ = read("warc", path)
    assert numbers(documents) == [at for at in range(60) if at != wrong]
    places = begins(records)  # positions count decompressed bytes
    assert [document[0] for document in documents] == places[:wrong] + places[wrong + 1 :]
    assert [(at, size) for at, _, size in lost] == [(places[wrong], len(records[wrong]))]
    check_laws("warc", path, range(0, path.stat().st_size, 100))


@pytest.mark.parametrize("wrong", [0, 20])
def test_a_length_behind_the_end_of_an_archive_compressed_whole_costs_its_record(wrong, tmp_path):
    records = list(RECORDS)
    records[wrong] = with_length(records[wrong], 60_000)
    assert sum(map(len, records)) < 60_000
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzipped(b"".join(records)))
    documents, lost, _ = read("warc", path)
    assert numbers(documents) == [at for at in range(60) if at != wrong]
    assert [(at, reason) for at, reason, _ in lost] == [(begins(records)[wrong], "truncated")]


def test_records_within_one_too_long_to_be_held_are_counted_each_with_their_bytes(tmp_path):
    records = list(RECORDS)
    records[20] = with_length(records[20], 10**17)
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzipped(b"".join(records)))
    settings = ReadOptions("web", path.name, {}, None, 1 << 16, lambda html, _: html.decode())
    (found,) = readers()["warc"].read(str(path), settings)
    assert found.documents.num_rows == 20
    (lost,) = found.unreadable
    # Numbers 20 to 59, all bytes from its head on.
    assert (lost.position, lost.num_records) == (begins(records)[20], 40)
    assert lost.num_bytes == sum(map(len, records[20:]))


def test_of_records_within_one_too_long_those_that_are_no_documents_are_not_counted(tmp_path):
    three = [warc_record("request", "", b"q"), RECORDS[0], warc_record("metadata", "", b"m")]
    records = [with_length(RECORDS[0], 10**9), *three * 20]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzipped(b"".join(records)))
    settings = ReadOptions("web", path.name, {}, None, 1 << 16, lambda html, _: html.decode())
    (found,) = readers()["warc"].read(str(path), settings)
    (lost,) = found.unreadable
    assert lost.num_records == 1 + 20  # itself, and the responses


def test_wrong_lengths_in_a_plain_archive_do_not_read_it_again(tmp_path):
    text = "é" * 300
    # Counted in characters, as a wrong writer does.
    records = [
        with_length(each, declared(each) - 300)
        for each in (response(f"http://a/{at}", text.encode()) for at in range(1000))
    ]
    path = tmp_path / "a.warc"
    path.write_bytes(b"".join(records))
    num_bytes, told = path.stat().st_size, []
    digest = SourceDigest()
    digest.add = lambda _, block: told.append(len(block))
    settings = ReadOptions("web", path.name, {}, None, 1 << 16, lambda html, _: "", digest)
    found = list(readers()["warc"].read(str(path), settings))
    assert sum(len(each.unreadable) for each in found) == 1000
    assert sum(told) < 1.1 * num_bytes


def test_the_first_record_that_ends_too_early_does_not_make_an_archive_whole(tmp_path):
    short = with_length(RECORDS[0], declared(RECORDS[0]) - 3)
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(map(gzipped, [short, *RECORDS[1:]])))
    documents, _, _ = read("warc", path)
    # A member each: positions are those of the members in the file.
    assert documents[0][0] == len(gzipped(short))
    assert numbers(documents) == list(range(1, 60))
    check_laws("warc", path, range(0, path.stat().st_size, 500))


def test_many_records_behind_a_wrong_length_are_read_in_seconds(tmp_path):
    # Held are 8 MB, at each of 20,000 records.
    text = b"x" * 200
    records = [response(f"http://a/{at}", text) for at in range(20_000)]
    wrong = with_length(records[0], 8_000_000)
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzipped(b"".join([wrong, *records])))
    before = time.process_time()
    documents, lost, _ = read("warc", path, max_record_bytes=16 << 20)
    assert time.process_time() - before < 5
    assert (len(documents), len(lost)) == (20_000, 1)
