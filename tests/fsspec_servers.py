"""Small servers on the loopback that show a local folder, as the stores behind fsspec would.

None of them can write, as Haybale writes to none of these.
"""

import contextlib
import email.utils
import html
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

TOKEN = "hf_planted/SeCrEt"
"""Asked for where a test sets `private`."""


class WebServer(BaseHTTPRequestHandler):
    """A web server with pages that list folders, and ranges of files."""

    root: Path
    ranges = True
    lengths = True
    private = False
    query = ""  # with which alone a file is found
    sent: list[tuple[int, int]] | None = None  # filled with start and length of what is sent

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if self.private and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.send(401, b"who is it?")
        elif self.query and urlsplit(self.path).query != self.query:
            self.send(404, b"asked for without its query")
        elif (self.root / unquote(path).lstrip("/")).is_dir():
            self.show_folder(path)
        else:
            self.send_file(self.root / unquote(path).lstrip("/"))

    do_HEAD = do_GET

    def show_folder(self, path: str) -> None:
        folder = self.root / unquote(path).lstrip("/")
        names = [f"{found.name}/" if found.is_dir() else found.name for found in folder.iterdir()]
        # A page may link to what lies deeper, which it does not list by that.
        names += [f"{found.parent.name}/{found.name}" for found in folder.glob("*/*")]
        links = [f'<a href="{html.escape(quote(name))}">{html.escape(name)}</a>' for name in names]
        page = f'<a href="?C=N;O=D">Name</a> <a href="../">up</a> {" ".join(links)}'
        self.send(200, page.encode(), {"Content-Type": "text/html"})

    def send_file(self, path: Path) -> None:
        if not path.is_file():
            self.send(404, b"no such file")
            return
        headers = {
            "Content-Type": "application/octet-stream",
            "Last-Modified": email.utils.formatdate(path.stat().st_mtime, usegmt=True),
        }
        data, status, start = path.read_bytes(), 200, "0"
        if self.ranges and (asked := self.headers.get("Range")):
            start, _, last = asked.removeprefix("bytes=").partition("-")
            num_bytes, status = len(data), 206
            data = data[int(start) : int(last) + 1]
            headers["Content-Range"] = f"bytes {start}-{int(start) + len(data) - 1}/{num_bytes}"
        if self.sent is not None and self.command == "GET":
            self.sent.append((int(start), len(data)))
        self.send(status, data, headers)

    def send(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if self.lengths:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def send_json(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        kind = {"Content-Type": "application/json"}
        self.send(status, json.dumps(answer).encode(), {**kind, **(headers or {})})

    def log_message(self, *_: object) -> None:
        pass


class Hub(WebServer):
    """Of the Hugging Face Hub what reading a data set takes: one of them, `datasets/org/name`.

    As huggingface_hub 2.4 asks; revision `main`, whose commit has the time of the file.
    """

    def do_GET(self) -> None:
        if self.private and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.send_json(401, {"error": "Invalid credentials"}, {"X-Error-Code": "RepoNotFound"})
            return
        path = unquote(urlsplit(self.path).path)
        for prefix, answer in (
            ("/api/datasets/org/name/tree/main", self._tree),
            ("/api/datasets/org/name/revision/main", self._repository),
            ("/api/datasets/org/name/revision/", self._no_revision),
            ("/api/datasets/org/name", self._repository),
            ("/datasets/org/name/resolve/main/", self._file),
        ):
            if path.startswith(prefix):
                answer(path.removeprefix(prefix).strip("/"))
                return
        self.send_json(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})

    do_HEAD = do_GET

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        found = [self.root / path for path in asked["paths"]]
        expand = asked.get("expand", [""])[0].lower() == "true"
        self.send_json(200, [self._entry(path, expand) for path in found if path.exists()])

    def _repository(self, _: str) -> None:
        counts = {"downloads": 0, "likes": 0, "tags": [], "siblings": []}
        self.send_json(200, {"id": "org/name", "sha": "0" * 40, "private": False, **counts})

    def _no_revision(self, _: str) -> None:
        self.send_json(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})

    def _tree(self, path: str) -> None:
        folder = self.root / path
        if not folder.is_dir():
            self.send_json(404, {"error": "no such entry"}, {"X-Error-Code": "EntryNotFound"})
            return
        asked = parse_qs(urlsplit(self.path).query)
        expand = asked.get("expand", [""])[0].lower() == "true"
        self.send_json(200, [self._entry(found, expand) for found in sorted(folder.iterdir())])

    def _file(self, path: str) -> None:
        self.send_file(self.root / path)

    def _entry(self, path: Path, expand: bool) -> dict[str, Any]:
        when = email.utils.formatdate(path.stat().st_mtime)
        parsed = email.utils.parsedate_to_datetime(when)
        commit = {"id": "1" * 40, "title": "add", "date": parsed.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
        common: dict[str, Any] = {"path": str(path.relative_to(self.root)), "oid": "2" * 40}
        if expand:  # no times otherwise
            common["lastCommit"] = commit
        if path.is_dir():
            return {"type": "directory", "size": 0, **common}
        return {"type": "file", "size": path.stat().st_size, **common}


class WebHdfs(WebServer):
    """Of WebHDFS what reading takes; a folder's files below `/`."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        path = self.root / unquote(address.path).removeprefix("/webhdfs/v1").lstrip("/")
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        if not path.exists():
            said = {"exception": "FileNotFoundException", "message": "File does not exist"}
            self.send_json(404, {"RemoteException": said})
        elif asked["op"] == "GETFILESTATUS":
            self.send_json(200, {"FileStatus": self._status(path, "")})
        elif asked["op"] == "LISTSTATUS":
            found = [self._status(inner, inner.name) for inner in path.iterdir()]
            self.send_json(200, {"FileStatuses": {"FileStatus": found}})
        else:
            start = int(asked.get("offset", 0))
            data = path.read_bytes()[start:]
            self.send(200, data[: int(asked.get("length", len(data)))])

    def _status(self, path: Path, suffix: str) -> dict[str, Any]:
        kind = "DIRECTORY" if path.is_dir() else "FILE"
        found = path.stat()
        return {
            "length": 0 if path.is_dir() else found.st_size,
            "modificationTime": found.st_mtime_ns // 1_000_000,
            "pathSuffix": suffix,
            "type": kind,
        }


@contextlib.contextmanager
def serving(kind: type[WebServer], root: Path, **settings: Any) -> Iterator[int]:
    """The port of a server that shows a folder, in a thread of this process."""
    handler = type(kind.__name__, (kind,), {"root": root, **settings})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
