"""Files of varied text: JSON lines, Parquet and WARC."""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from varied_subset import HTML, Row, VariedSubset


def suffix_of(subset: str, file: int) -> str:
    """What a file is."""
    if subset == HTML:
        return ".warc.gz"
    return {3: ".jsonl", 7: ".parquet"}.get(file % 10, ".jsonl.zst")


def write_lines(subset: VariedSubset, rows: Iterator[Row], path: Path, suffix: str) -> None:
    """JSON lines, compressed or not."""
    with path.open("wb") as file:
        sink: io.RawIOBase = file
        if suffix.endswith(".zst"):
            sink = zstandard.ZstdCompressor(level=1).stream_writer(file)
        for number, text in rows:
            row = {"id": str(number), "url": subset.url(number), "text": text.decode()}
            sink.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        if sink is not file:
            sink.close()


def write_parquet(subset: VariedSubset, rows: Iterator[Row], path: Path) -> None:
    """A Parquet file of four row groups."""
    numbers, held = zip(*rows, strict=True)
    table = pa.table(
        {
            "id": [str(number) for number in numbers],
            "url": [subset.url(number) for number in numbers],
            "text": pa.array(held, pa.large_binary()).cast(pa.large_string()),
        }
    )
    pq.write_table(table, path, compression="zstd", row_group_size=-(-len(held) // 4))


def write_warc(subset: VariedSubset, rows: Iterator[Row], path: Path) -> None:
    """A WARC file, each record compressed by itself."""
    with path.open("wb") as file:
        for number, page in rows:
            http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
            head = (
                "WARC/1.0\r\nWARC-Type: response\r\n"
                f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{number:012d}>\r\n"
                f"WARC-Target-URI: {subset.url(number)}\r\nWARC-Date: 2020-01-01T00:00:00Z\r\n"
                "Content-Type: application/http; msgtype=response\r\n"
                f"Content-Length: {len(http)}\r\n\r\n"
            )
            record = head.encode() + http + b"\r\n\r\n"
            file.write(gzip.compress(record, compresslevel=1, mtime=0))


def write_file(folder: Path, subset: VariedSubset, number: int) -> None:
    """Write a file of a subset, unless it is there."""
    suffix = suffix_of(subset.name, number)
    path = folder / subset.name / f"{number:05d}{suffix}"
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{subset.name}-{number:05d}.unfinished"
    rows = subset.rows(number)
    if suffix == ".parquet":
        write_parquet(subset, rows, unfinished)
    elif suffix == ".warc.gz":
        write_warc(subset, rows, unfinished)
    else:
        write_lines(subset, rows, unfinished, suffix)
    unfinished.rename(path)
