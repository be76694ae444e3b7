"""Real text that is on any computer with Python, gathered for the demonstration.

    github/       the standard library's source                              *.jsonl.zst
    books/        the language reference, as `pydoc` carries it               *.jsonl.gz
    massiveweb/   descriptions and licences of installed packages             *.parquet
                  HTML documentation, as responses of a web server            *.warc.gz

Every format that is read is among them. Where little HTML is installed, module documentation is
rendered by `pydoc`, which every Python has. Duplicates are natural: packages share licences.
"""

import email.message
import gzip
import importlib.metadata
import io
import json
import pydoc
import pydoc_data.topics
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

MAX_BYTES = 8_000_000
"""Of text, for each of the four kinds."""
_MAX_FILE_BYTES = 400_000
_HTML_FOLDERS = ("/usr/share/doc", "/usr/share/gtk-doc", "/usr/share/javascript")
_DATE = "2000-01-01T00:00:00Z"  # files carry no crawl date, and the clock must leave no trace


@dataclass(frozen=True)
class Gathered:
    """What was found for one subset.

    Attributes:
        documents: How many.
        num_bytes: UTF-8 bytes of text, or of HTML.
    """

    documents: int
    num_bytes: int


def gather(folder: Path) -> dict[str, Gathered]:
    """Write the demonstration's input below a folder; the same bytes on the same computer.

    Returns:
        What was found, by kind.
    """
    return {
        "github": _write_jsonl_zst(folder / "github" / "stdlib.jsonl.zst", _sources()),
        "books": _write_jsonl_gz(folder / "books" / "reference.jsonl.gz", _topics()),
        "massiveweb": _write_parquet(folder / "massiveweb" / "packages.parquet", _packages()),
        "html": _write_warc(folder / "massiveweb" / "pages.warc.gz", _pages()),
    }


def _bounded(records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Records until there is enough text."""
    num_bytes = 0
    for record in records:
        num_bytes += len(record["text"].encode())
        if num_bytes > MAX_BYTES:
            return
        yield record


def _sources() -> Iterator[dict[str, Any]]:
    """The standard library, without tests and without installed packages."""
    root = Path(sysconfig.get_paths()["stdlib"])
    skipped = {"site-packages", "dist-packages", "test", "tests", "idlelib", "lib2to3"}
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root)
        if skipped.isdisjoint(name.parts) and (text := _read_text(path)):
            yield {
                "id": str(name),
                "text": text,
                "url": f"file:stdlib/{name}",
                "license": "Python-2.0",
            }


def _topics() -> Iterator[dict[str, Any]]:
    """The language reference, one topic a document; not all versions of Python carry the same."""
    for name, text in sorted(pydoc_data.topics.topics.items()):
        yield {"id": name, "text": text, "url": f"pydoc:{name}", "license": "Python-2.0"}


def _packages() -> Iterator[dict[str, Any]]:
    """Descriptions, licences and readme files of installed packages."""
    distributions = {
        distribution.metadata["Name"] or "": distribution
        for distribution in importlib.metadata.distributions()
    }
    for name, distribution in sorted(distributions.items()):
        about = cast("email.message.Message", distribution.metadata)
        description, license_ = about.get_payload(), about.get("License-Expression")
        if isinstance(description, str) and description.strip():
            yield {"id": name, "text": description, "url": f"package:{name}", "license": license_}
        for file in sorted(distribution.files or (), key=str):
            if file.name.upper().startswith(("LICENSE", "COPYING", "NOTICE", "README")):
                text = _read_text(Path(str(file.locate())))
                if text:
                    where = f"{name}/{file.name}"
                    yield {"id": where, "text": text, "url": f"package:{where}", "license": None}


def _pages() -> Iterator[tuple[str, bytes]]:
    """HTML: what is installed, then the standard library's documentation as pydoc renders it."""
    num_bytes = 0
    for url, html in (*_installed_html(), *_rendered_html()):
        num_bytes += len(html)
        if num_bytes > MAX_BYTES:
            return
        yield url, html


def _installed_html() -> Iterator[tuple[str, bytes]]:
    folders = [Path(sysconfig.get_paths()["purelib"]), *map(Path, _HTML_FOLDERS)]
    for folder in folders:
        for path in sorted(folder.rglob("*.html")) if folder.is_dir() else ():
            if path.is_file() and 0 < path.stat().st_size <= _MAX_FILE_BYTES:
                yield f"http://localhost/{path.relative_to(folder)}", path.read_bytes()


def _rendered_html() -> Iterator[tuple[str, bytes]]:
    """Modules without side effects on import, which pydoc must do to see them."""
    names = (
        "argparse array ast asyncio base64 bisect calendar collections configparser contextlib "
        "copy csv dataclasses datetime decimal difflib email enum fractions functools getopt glob "
        "gzip hashlib heapq html http imaplib inspect io ipaddress itertools json logging lzma "
        "mailbox math mimetypes multiprocessing operator os pathlib pickle platform plistlib "
        "pprint queue random re sched secrets selectors shelve shlex shutil smtplib socket "
        "sqlite3 ssl statistics string struct subprocess tarfile tempfile textwrap threading "
        "timeit tokenize traceback typing unittest urllib.parse urllib.request uuid warnings "
        "weakref xml.dom xml.etree.ElementTree zipfile zoneinfo"
    )
    for name in names.split():
        try:
            module = pydoc.locate(name)
        except (ImportError, pydoc.ErrorDuringImport):
            continue
        if module is None:  # some builds of Python leave some out
            continue
        page = pydoc.html.page(name, pydoc.html.document(module, name))
        yield f"http://localhost/pydoc/{name}.html", page.encode("utf-8", "replace")


def _read_text(path: Path) -> str:
    """The file's text; empty where it is missing, large or not UTF-8."""
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            return ""
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _lines(records: Iterable[dict[str, Any]]) -> tuple[bytes, Gathered]:
    lines, num_bytes = [], 0
    for record in _bounded(records):
        lines.append(json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        num_bytes += len(record["text"].encode("utf-8", "replace"))
    return b"".join(lines), Gathered(len(lines), num_bytes)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _write_jsonl_zst(path: Path, records: Iterable[dict[str, Any]]) -> Gathered:
    data, gathered = _lines(records)
    _write(path, zstandard.ZstdCompressor().compress(data))
    return gathered


def _write_jsonl_gz(path: Path, records: Iterable[dict[str, Any]]) -> Gathered:
    data, gathered = _lines(records)
    _write(path, gzip.compress(data, mtime=0))
    return gathered


def _write_parquet(path: Path, records: Iterable[dict[str, Any]]) -> Gathered:
    rows = list(_bounded(records))
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=256)
    return Gathered(len(rows), sum(len(row["text"].encode()) for row in rows))


def _write_warc(path: Path, pages: Iterable[tuple[str, bytes]]) -> Gathered:
    out, documents, num_bytes = io.BytesIO(), 0, 0
    for url, html in pages:
        out.write(gzip.compress(_response(url, html), mtime=0))
        documents += 1
        num_bytes += len(html)
    _write(path, out.getvalue())
    return Gathered(documents, num_bytes)


def _response(url: str, html: bytes) -> bytes:
    """A WARC/1.0 response record."""
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\n"
        f"WARC-Target-URI: {url}\r\nWARC-Date: {_DATE}\r\n"
        "Content-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"
