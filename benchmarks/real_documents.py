"""The documents of HAYBALE_DATA, whole, as they are varied."""

import gzip
import re
from collections.abc import Iterable
from pathlib import Path

import orjson
import zstandard


def texts(folder: Path) -> Iterable[tuple[str, bytes]]:
    """Language and text of the documents of a folder of JSON lines."""
    for path in sorted(folder.glob("*.jsonl.zst")):
        with path.open("rb") as file:
            lines = zstandard.ZstdDecompressor().stream_reader(file).read().splitlines()
        for line in lines:
            row = orjson.loads(line)
            if row["text"]:
                yield str(row.get("lang")), row["text"].encode()


def pages(folder: Path) -> Iterable[tuple[str, bytes]]:
    """HTML of the pages of a folder of WARC files that are UTF-8."""
    for path in sorted(folder.glob("*.warc.gz")):
        for record in re.split(rb"(?=WARC/1\.[01]\r\n)", gzip.decompress(path.read_bytes())):
            _, _, http = record.partition(b"\r\n\r\n")
            head, _, page = http.partition(b"\r\n\r\n")
            if b"text/html" in head and b"charset" not in head.replace(b"charset=utf-8", b""):
                try:
                    page.decode()
                except UnicodeDecodeError:
                    continue
                yield "", page.rstrip(b"\r\n")
