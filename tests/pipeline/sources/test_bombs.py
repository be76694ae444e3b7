"""Small files that stand for large ones: memory does not grow with what they expand to."""

import bz2
import gzip
import json
import lzma
import subprocess
import sys
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from reader_laws import read
from source_files import gzipped, response, warc_record

_MEBIBYTES = 1024
_SCRIPT = """
import sys
from pathlib import Path

def peak():  # of this program alone; what getrusage tells begins with that of its parent
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])

sys.path[:0] = {path!r}
from reader_laws import read
read("text", Path({warm!r}))  # what is loaded with the first file
before = peak()
documents, lost, _ = read({format_!r}, Path({file!r}))
grown = peak() - before
print(len(documents), [reason for _, reason, _ in lost][:3], grown)
"""

_LONG_RECORDS = _SCRIPT.replace("Path({file!r}))", "Path({file!r}), max_record_bytes=1 << 28)")

_COMPRESSORS = {
    ".gz": lambda: zlib.compressobj(1, wbits=31),
    ".bz2": bz2.BZ2Compressor,
    ".xz": lambda: lzma.LZMACompressor(preset=0),
    ".zst": lambda: zstandard.ZstdCompressor(level=1).compressobj(),
}


def in_a_process_of_its_own(format_, path, script=_SCRIPT):
    """How many documents, the first reasons, and MiB by which memory grew."""
    warm = path.with_name("warm.txt")
    warm.write_text("warm")
    script = script.format(path=sys.path, warm=str(warm), format_=format_, file=str(path))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    number, _, rest = done.stdout.partition(" ")
    reasons, _, grown = rest.rpartition(" ")
    return int(number), json.loads(reasons.replace("'", '"')), int(grown) / 1024


def bomb(new, mebibytes=_MEBIBYTES):
    compressor, zeros = new(), bytes(1 << 20)
    pieces = [compressor.compress(b'{"text": "')]
    pieces += [compressor.compress(zeros) for _ in range(mebibytes)]
    return b"".join([*pieces, compressor.flush()])


@pytest.mark.slow
@pytest.mark.parametrize("suffix", _COMPRESSORS)
def test_a_line_of_a_gigabyte_of_zeros_is_too_long_and_takes_no_memory(suffix, tmp_path):
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(bomb(_COMPRESSORS[suffix]))
    assert path.stat().st_size < _MEBIBYTES << 13  # a hundredth, or less
    documents, reasons, grown = in_a_process_of_its_own("jsonl", path)
    assert (documents, reasons) == (0, ["record_too_long"])
    assert grown < 100


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_an_archive_record_of_a_gigabyte_takes_no_memory(suffix, tmp_path):
    content = _MEBIBYTES << 20
    head = response("http://a/", b"").partition(b"Content-Length")[0]
    compressor = _COMPRESSORS[suffix]()
    pieces = [compressor.compress(head + b"Content-Length: %d\r\n\r\n" % content)]
    pieces += [compressor.compress(bytes(1 << 20)) for _ in range(_MEBIBYTES)]
    pieces += [compressor.compress(b"\r\n\r\n"), compressor.flush()]
    path = tmp_path / f"a.warc{suffix}"
    path.write_bytes(b"".join(pieces))
    documents, reasons, grown = in_a_process_of_its_own("warc", path)
    assert (documents, reasons) == (0, ["record_too_long"])
    assert grown < 100


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_long_record_that_is_no_document_takes_no_memory(suffix, tmp_path):
    data = warc_record("resource", "http://a/", bytes(100 << 20)) + response("http://b/", b"page")
    path = tmp_path / f"a.warc{suffix}"
    path.write_bytes(gzipped(data) if suffix else data)
    documents, reasons, grown = in_a_process_of_its_own("warc", path, _LONG_RECORDS)
    assert (documents, reasons) == (1, [])
    assert grown < 50


def test_a_page_that_unpacks_to_more_than_a_record_may_hold_is_too_long(tmp_path):
    body = gzip.compress(bytes(20 << 20), 9)  # 20 kB
    path = tmp_path / "a.warc"
    path.write_bytes(
        response("http://a/", body, "Content-Encoding: gzip\r\n") + response("http://b/", b"good")
    )
    documents, lost, _ = read("warc", path, max_record_bytes=1 << 20)
    assert [dict(document[1:])["text"] for document in documents] == ["good"]
    assert [reason for _, reason, _ in lost] == ["record_too_long"]


@pytest.mark.slow
def test_a_hundred_thousand_rows_that_name_one_long_string_take_no_memory(tmp_path):
    rows, length = 100_000, 8 << 20  # 800 GB if it were written out
    codes = pa.array(np.zeros(rows, np.int32))
    column = pa.DictionaryArray.from_arrays(codes, pa.array(["x" * length]))
    table = pa.table({"text": column})
    pq.write_table(table, tmp_path / "a.parquet", compression="zstd")
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(tmp_path / "a.arrow", table.schema, options=options) as writer:
        writer.write_table(table)
    for format_, name in (("parquet", "a.parquet"), ("arrow", "a.arrow")):
        assert (tmp_path / name).stat().st_size < 100_000
        documents, reasons, grown = in_a_process_of_its_own(format_, tmp_path / name)
        assert documents == 0
        assert set(reasons) <= {"record_too_long", "damaged"}
        assert grown < 300


def test_an_arrow_batch_that_would_fill_memory_is_refused_before_it_is_read(tmp_path):
    table = pa.table({"text": ["\0" * (64 << 20)]})
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    for name, new in (("a.arrow", pa.ipc.new_file), ("a.arrows", pa.ipc.new_stream)):
        with new(tmp_path / name, table.schema, options=options) as writer:
            writer.write_table(table)
        before = pa.total_allocated_bytes()
        documents, lost, _ = read("arrow", tmp_path / name, max_record_bytes=1 << 20)
        assert documents == []
        assert [reason for _, reason, _ in lost] == ["damaged"]
        assert pa.total_allocated_bytes() - before < 1 << 20


def test_an_xz_stream_may_not_ask_for_all_memory(tmp_path):
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
    path = tmp_path / "a.jsonl.xz"
    path.write_bytes(_with_dictionary(lzma.compress(b'{"text": "a"}\n', filters=None), filters))
    documents, lost, _ = read("jsonl", path)
    assert documents == []
    assert [reason for _, reason, _ in lost] == ["damaged"]


def _with_dictionary(data, filters):
    """The stream, declaring a dictionary of 1 GiB: a byte of the block header, and its checksum."""
    assert filters[0]["dict_size"] == 1 << 30
    size = (data[12] + 1) * 4
    header = bytearray(data[12 : 12 + size])
    at = header.index(b"\x21\x01") + 2  # filter LZMA2, one byte of properties
    header[at] = 36  # (2 | 0) << (36 / 2 + 11) = 2^30: the .xz format, section 5.3.1
    header[-4:] = zlib.crc32(bytes(header[:-4])).to_bytes(4, "little")
    return data[:12] + bytes(header) + data[12 + size :]


@pytest.mark.slow
def test_the_check_of_memory_sees_a_text_that_is_held(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * (1 << 16))
    held = in_a_process_of_its_own("text", path)[2]
    path.write_bytes(b"x" * (400 << 20))
    # Above its limit a reader keeps nothing, so one that holds all takes its place.
    script = _SCRIPT.replace(
        "read({format_!r}, Path({file!r}))", "[], [], Path({file!r}).read_bytes()"
    )
    assert held < 100 < in_a_process_of_its_own("text", path, script)[2]


def test_many_members_of_one_byte_are_read(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzipped(b"x") * 20_000 + gzipped(b"\n"))
    _, lost, _ = read("jsonl", path)
    assert lost == [(0, "not_json", 20_000)]
