"""For every reader, whole files of some texts: what the conformance suite reads, cuts and damages.

A reader that is added has to be added here; the suite fails until it is.
"""

import bz2
import gzip
import io
import json
import lzma
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

Texts = Sequence[str]


def _jsonl(texts: Texts) -> bytes:
    return b"".join(
        json.dumps({"text": text, "id": at}).encode() + b"\n" for at, text in enumerate(texts)
    )


def _table(texts: Texts) -> pa.Table:
    return pa.table(
        {
            "text": pa.array(texts, pa.string()),
            "kind": pa.array([text[:1] for text in texts], pa.string()).dictionary_encode(),
            "tags": pa.array([[text[:2]] for text in texts], pa.list_(pa.string())),
        }
    )


def _parquet(texts: Texts) -> bytes:
    sink = io.BytesIO()
    pq.write_table(_table(texts), sink, row_group_size=3)
    return sink.getvalue()


def _views(texts: Texts) -> pa.Table:
    return pa.table(
        {
            "text": pa.array(texts, pa.string_view()),
            "kind": pa.array([text[:1] for text in texts], pa.string_view()),
        }
    )


def _coded(texts: Texts) -> pa.Table:
    return pa.table({"text": pa.array(texts, pa.string()).dictionary_encode()})


def _ipc(
    new: Callable[..., pa.RecordBatchStreamWriter],
    compression: str | None,
    table_of: Callable[[Texts], pa.Table] = _table,
    **settings: bool,
) -> Callable:
    def write(texts: Texts) -> bytes:
        sink, table = io.BytesIO(), table_of(texts)
        options = pa.ipc.IpcWriteOptions(compression=compression, **settings)
        with new(sink, table.schema, options=options) as writer:
            writer.write_table(table, max_chunksize=3)
        return sink.getvalue()

    return write


def warc_record(kind: str, url: str, content: bytes, fields: str = "") -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\n"
        f"WARC-Date: 2020-01-01T00:00:00Z\r\n{fields}Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n\r\n"


def response(url: str, body: bytes, fields: str = "") -> bytes:
    http = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{fields}\r\n".encode() + body
    kind = "Content-Type: application/http; msgtype=response\r\n"
    return warc_record("response", url, http, kind)


def _responses(texts: Texts) -> list[bytes]:
    info = warc_record("warcinfo", "", b"software: none\r\n")
    return [info, *(response(f"http://a/{at}", text.encode()) for at, text in enumerate(texts))]


def _conversions(texts: Texts) -> list[bytes]:
    info = warc_record("warcinfo", "", b"software: none\r\n")
    fields = "WARC-Identified-Content-Language: eng\r\n"
    return [
        info,
        *(
            warc_record("conversion", f"http://a/{at}", text.encode(), fields)
            for at, text in enumerate(texts)
        ),
    ]


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def _archive(records: Callable[[Texts], list[bytes]], each: Callable, whole: Callable) -> Callable:
    return lambda texts: whole(b"".join(each(record) for record in records(texts)))


def _in_blocks(data: bytes, num_bytes: int = 100) -> bytes:
    """As bgzip packs: members that end anywhere."""
    blocks = (data[at : at + num_bytes] for at in range(0, len(data), num_bytes))
    return b"".join(map(gzipped, blocks))


def _in_members(records: Sequence[bytes]) -> bytes:
    """The first record in a member of its own, then three a member."""
    groups = [records[:1], *(records[at : at + 3] for at in range(1, len(records), 3))]
    return b"".join(gzipped(b"".join(group)) for group in groups)


def _as_it_is(data: bytes) -> bytes:
    return data


WRITERS: dict[str, dict[str, Callable[[Texts], bytes]]] = {
    "jsonl": {
        "a.jsonl": _jsonl,
        "a.jsonl.gz": lambda texts: gzipped(_jsonl(texts)),
        "a.jsonl.zst": lambda texts: zstd(_jsonl(texts)),
        "a.jsonl.bz2": lambda texts: bz2.compress(_jsonl(texts)),
        "a.jsonl.xz": lambda texts: lzma.compress(_jsonl(texts)),
    },
    "parquet": {"a.parquet": _parquet},
    "arrow": {
        "a.arrow": _ipc(pa.ipc.new_file, None),
        "b.arrow": _ipc(pa.ipc.new_file, "zstd"),
        "a.arrows": _ipc(pa.ipc.new_stream, "lz4"),
        "b.arrows": _ipc(pa.ipc.new_stream, None, use_legacy_format=True),
        "views.arrows": _ipc(pa.ipc.new_stream, None, _views),
        "coded.arrows": _ipc(pa.ipc.new_stream, None, _coded),
    },
    "text": {"a.txt": lambda texts: "\n".join(texts).encode()},
    "warc": {
        "a.warc": _archive(_responses, _as_it_is, _as_it_is),
        "a.warc.gz": _archive(_responses, gzipped, _as_it_is),
        "b.warc.gz": _archive(_responses, _as_it_is, gzipped),
        "blocks.warc.gz": _archive(_responses, _as_it_is, _in_blocks),
        "members.warc.gz": lambda texts: _in_members(_responses(texts)),
        "a.warc.zst": _archive(_responses, zstd, _as_it_is),
    },
    "wet": {
        "a.wet": _archive(_conversions, _as_it_is, _as_it_is),
        "a.wet.gz": _archive(_conversions, gzipped, _as_it_is),
    },
}
"""Format to file name to what writes such a file."""
