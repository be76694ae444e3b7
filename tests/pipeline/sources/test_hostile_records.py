"""Records made to break a reader: each is kept, or is unreadable with a reason; none does harm."""

import json

import pyarrow as pa
import pytest
from reader_laws import read
from source_files import response, warc_record

from haybale.pipeline.ingesting.domains import domains_of
from haybale.quality.urls import Urls


def jsonl(tmp_path, *lines):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    documents, lost, _ = read("jsonl", path)
    return [dict(document[1:]) for document in documents], [reason for _, reason, _ in lost]


@pytest.mark.parametrize(
    ("depth", "reasons"),
    # What is read nests up to 1024 levels, what is written 254 (orjson); the record is one level.
    [(200, []), (253, []), (254, ["too_deep"]), (1000, ["too_deep"]), (20_000, ["not_json"])],
)
def test_a_record_that_nests_too_deep_is_unreadable(depth, reasons, tmp_path):
    deep = b'{"text": "a", "x": ' + b"[" * depth + b"]" * depth + b"}"
    rows, lost = jsonl(tmp_path, deep, b'{"text": "good"}')
    assert lost == reasons
    assert rows[-1]["text"] == "good"


@pytest.mark.parametrize("field", ["url", "timestamp", "source", "license", "lang"])
def test_a_deep_value_in_a_field_that_means_something_is_no_crash(field, tmp_path):
    deep = json.dumps({"text": "a"})[:-1].encode() + f', "{field}": '.encode()
    _, lost = jsonl(tmp_path, deep + b"[" * 500 + b"]" * 500 + b"}")
    assert lost == ["too_deep"]


@pytest.mark.parametrize(
    "value", [b"1" + b"0" * 5000, b"-1e999999", b"1e-999999", b"123456789012345678901234567890"]
)
def test_an_enormous_number_is_no_crash(value, tmp_path):
    rows, lost = jsonl(tmp_path, b'{"text": "a", "n": ' + value + b"}", b'{"text": "good"}')
    assert len(rows) + len(lost) == 2
    assert rows[-1]["text"] == "good"


def test_nul_bytes_and_escapes_are_kept_and_the_last_of_equal_keys_counts(tmp_path):
    rows, lost = jsonl(tmp_path, b'{"text": "a\\u0000b", "text": "c\\u0000d", "\\u0000": 1}')
    assert [row["text"] for row in rows] == ["c\0d"]
    assert lost == []


HOSTILE_URLS = [
    "http://a/" + "x" * (1 << 20),
    "http://" + "a." * 500_000,
    "http://[::1" + ":" * 1000,
    "http://[" + "f" * 100_000 + "]/",
    "http://a:99999999999999/",
    "http://a:-1/",
    "http://a\r\nHost: b/",
    "http://\0\x01\x02/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "http://user:secret@[::1]:80/%00/../../x",
    "http://xn--" + "a" * 70 + "/",
    "\u202ehttp://a/",
    "",
]


def test_hostile_urls_are_text_and_name_no_domain_that_is_none(tmp_path):
    lines = [json.dumps({"text": "a", "url": url}).encode() for url in HOSTILE_URLS]
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(lines))
    documents, lost, _ = read("jsonl", path, max_record_bytes=4 << 20)
    assert [dict(document[1:])["url"] for document in documents] == HOSTILE_URLS
    assert lost == []
    domains = domains_of(Urls(pa.array(HOSTILE_URLS))).to_pylist()
    assert all(len(domain) <= 253 for domain in domains)
    assert not any(set(domain) & set("\r\n\0 /@") for domain in domains)


def test_names_in_records_open_and_write_nothing(tmp_path, monkeypatch):
    work = tmp_path / "a" / "b"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    path = work / "a.warc"
    fields = "WARC-Filename: ../../x\r\nWARC-Refers-To: file:///etc/passwd\r\n"
    info = warc_record("warcinfo", "../../x", b"filename: ../../x\r\n", fields)
    disposition = 'Content-Disposition: attachment; filename="../../x"\r\nLocation: ../../x\r\n'
    path.write_bytes(info + response("file:///etc/passwd", b"page", disposition))
    documents, lost, _ = read("warc", path)
    (row,) = (dict(document[1:]) for document in documents)
    assert (row["url"], row["text"]) == ("file:///etc/passwd", "page")
    assert lost == []
    assert {found for found in tmp_path.rglob("*") if found.is_file()} == {path}


def test_values_of_arrow_that_have_no_form_in_json_are_written_or_said_to_be_none(tmp_path):
    far = pa.array([2**62, 0], pa.timestamp("s"))
    table = pa.table(
        {
            "text": ["a", "b"],
            "far": far,
            "bytes": [b"\xff", None],
            "nested": pa.array([[{"at": 5}], None], pa.list_(pa.struct({"at": pa.duration("ns")}))),
        }
    )
    with pa.ipc.new_file(tmp_path / "a.arrow", table.schema) as writer:
        writer.write_table(table)
    documents, lost, _ = read("arrow", tmp_path / "a.arrow")
    rows = [dict(document[1:]) for document in documents]
    assert [row["text"] for row in rows] == ["a", "b"]
    assert lost == []
    assert json.loads(rows[1]["metadata"])["far"].startswith("1970-01-01")
    assert json.loads(rows[0]["metadata"])["nested"] == [{"at": 5}]


def test_a_string_of_arrow_that_is_no_utf8_costs_its_row(tmp_path):
    broken = pa.array([b"good", b"\xff\xfe", b"good"], pa.binary()).view(pa.string())
    table = pa.table({"text": broken})
    with pa.ipc.new_file(tmp_path / "a.arrow", table.schema) as writer:
        writer.write_table(table)
    documents, lost, _ = read("arrow", tmp_path / "a.arrow")
    assert len(documents) == 2
    assert lost == [(1, "invalid_utf8", 0)]
