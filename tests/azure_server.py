"""Of Azure's Blob Storage what reading and writing takes: one container, `bucket`, in memory.

As azure-storage-blob 12.31 asks. Signatures are not looked at. A blob is there when it is put, or
when the list of its blocks is.
"""

import contextlib
import email.utils
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ACCOUNT_KEY = "cGxhbnRlZC9TZUNyRXQrb2YtQXp1cmU="


class AzureServer(BaseHTTPRequestHandler):
    """See the module; `blobs` and `blocks` are of one server."""

    protocol_version = "HTTP/1.1"
    blobs: dict[str, tuple[bytes, float]]
    blocks: dict[tuple[str, str], bytes]

    def setup(self) -> None:
        super().setup()
        self.timeout = 60

    def asked(self) -> tuple[str, str, dict[str, str], bytes]:
        """Container, blob, query and body of the request."""
        address = urlsplit(self.path)
        query = parse_qs(address.query, keep_blank_values=True)
        _, container, blob = [*unquote(address.path).lstrip("/").split("/", 2), "", ""][:3]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return container, blob, {name: values[0] for name, values in query.items()}, body

    def do_PUT(self) -> None:
        container, blob, query, body = self.asked()
        if container != "bucket":
            self.missing("ContainerNotFound")
            return
        if query.get("comp") == "block":
            self.blocks[blob, query["blockid"]] = body
        else:
            if query.get("comp") == "blocklist":
                listed = re.findall(r"<(?:Latest|Uncommitted)>([^<]+)<", body.decode())
                body = b"".join(self.blocks.pop((blob, block)) for block in listed)
            self.blobs[blob] = (body, time.time())
        self.answer(201, b"", self.properties(blob) if blob in self.blobs else {})

    def do_GET(self) -> None:
        container, blob, query, _ = self.asked()
        if container != "bucket":
            self.missing("ContainerNotFound")
        elif query.get("comp") == "list":
            self.answer(200, self.listed(query.get("prefix", ""), query.get("delimiter")))
        elif not blob:
            self.answer(200, b"", {"ETag": '"0"', "Last-Modified": _date(0)})
        elif blob not in self.blobs:
            self.missing("BlobNotFound")
        else:
            self.send_blob(blob)

    do_HEAD = do_GET

    def do_DELETE(self) -> None:
        _, blob, _, _ = self.asked()
        if self.blobs.pop(blob, None) is None:
            self.missing("BlobNotFound")
        else:
            self.answer(202, b"")

    def send_blob(self, blob: str) -> None:
        data, _ = self.blobs[blob]
        headers, status = self.properties(blob), 200
        if asked := self.headers.get("x-ms-range") or self.headers.get("Range"):
            start, _, last = asked.removeprefix("bytes=").partition("-")
            if int(start) >= len(data):
                self.answer(416, b"", {"x-ms-error-code": "InvalidRange"})
                return
            part = data[int(start) : int(last) + 1 if last else None]
            headers["Content-Range"] = f"bytes {start}-{int(start) + len(part) - 1}/{len(data)}"
            data, status = part, 206
        self.answer(status, data, headers)

    def listed(self, prefix: str, delimiter: str | None) -> bytes:
        """Blobs below a prefix, and what those have in common that are deeper."""
        found, folders = [], set()
        for blob, (data, when) in sorted(self.blobs.items()):
            below = blob.removeprefix(prefix)
            if not blob.startswith(prefix):
                continue
            if delimiter and delimiter in below:
                folders.add(prefix + below.split(delimiter)[0] + delimiter)
                continue
            facts = f"<Last-Modified>{_date(when)}</Last-Modified><Etag>{when}</Etag>"
            facts += f"<Content-Length>{len(data)}</Content-Length><BlobType>BlockBlob</BlobType>"
            found.append(
                f"<Blob><Name>{escape(blob)}</Name><Properties>{facts}</Properties></Blob>"
            )
        found += [f"<BlobPrefix><Name>{escape(one)}</Name></BlobPrefix>" for one in sorted(folders)]
        inner = f"<Blobs>{''.join(found)}</Blobs><NextMarker/>"
        return f'<EnumerationResults ContainerName="bucket">{inner}</EnumerationResults>'.encode()

    def properties(self, blob: str) -> dict[str, str]:
        _, when = self.blobs[blob]
        headers = {"ETag": f'"{when}"', "Last-Modified": _date(when)}
        return {
            **headers,
            "x-ms-blob-type": "BlockBlob",
            "Content-Type": "application/octet-stream",
        }

    def missing(self, code: str) -> None:
        body = f"<Error><Code>{code}</Code><Message>none</Message></Error>".encode()
        self.answer(404, body, {"x-ms-error-code": code})

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/xml", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _date(when: float) -> str:
    return email.utils.formatdate(when, usegmt=True)


@contextlib.contextmanager
def azure_server() -> Iterator[int]:
    """The port of a server, in threads of this process."""
    handler = type("Handler", (AzureServer,), {"blobs": {}, "blocks": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False  # connections are kept open
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def connection_string(port: int) -> str:
    """What AZURE_STORAGE_CONNECTION_STRING is to be."""
    account = f"DefaultEndpointsProtocol=http;AccountName=account;AccountKey={ACCOUNT_KEY}"
    return f"{account};BlobEndpoint=http://127.0.0.1:{port}/account;"
