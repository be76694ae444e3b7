"""A link to measure against: an HTTP server with the latency, rate and faults it is told.

    python benchmarks/loader_remote_peer.py FOLDER [--latency 0.05] [--rate 40000000]

It serves the files of a folder with Range requests, or stands in front of another server (of S3,
say). Latency is added to each connection and to each request; all bodies together flow at the rate.
"""

import argparse
import asyncio
import contextlib
import json
import re
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

CHUNK_BYTES = 1 << 16
COUNTS_PATH = "/link-counts"
"""Answers with bytes sent and seconds from the first request to the last of them."""

STATUSES = {200: "OK", 206: "Partial Content", 404: "Not Found", 416: "Range Not Satisfiable"}

FaultKind = Literal["hang up", "status", "truncate", "flip", "stall", "ignore range"]


@dataclass(frozen=True)
class Fault:
    """What befalls one request.

    Attributes:
        kind: "hang up" closes the connection without an answer; "truncate" after half the body;
            "flip" changes a byte in the middle; "stall" sends half and then nothing more.
        status: Of "status".
        retry_after: Its header, if not empty.
        path: Only requests whose path has this in it.
    """

    kind: FaultKind
    status: int = 500
    retry_after: str = ""
    path: str = ""


@dataclass(frozen=True)
class Request:
    """A request as it came.

    Attributes:
        method: "GET" or "HEAD".
        path: Unquoted, without a query.
        range: First and last byte asked for; None for the whole.
        head: Its bytes up to the empty line.
    """

    method: str
    path: str
    range: tuple[int, int] | None
    head: bytes


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    num_bytes: int
    body: AsyncIterator[bytes]


@dataclass
class Link:
    """A server in a thread of its own, or in this one by `serve`.

    A client in the same process must let other threads run while it waits: pyarrow's for Google
    Cloud Storage does not.

    Attributes:
        folder: What it serves, unless `upstream` is given.
        upstream: Host and port of the server it stands in front of.
        latency_seconds: Of each connection and of each request.
        bytes_per_second: Of all bodies together; None for no bound.
        faults: Taken one by one, each by the first request that it fits.
        requests: All that came.
        num_bytes: Of bodies sent.
        most_at_once: Requests answered at a time, the most so far.
    """

    folder: Path | None = None
    upstream: tuple[str, int] | None = None
    latency_seconds: float = 0.0
    bytes_per_second: float | None = None
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    most_at_once: int = 0
    port: int = 0
    num_bytes: int = 0
    _first_at: float = 0.0
    _last_at: float = 0.0
    _free_at: float = 0.0
    _num_now: int = 0

    @contextlib.contextmanager
    def running(self) -> Iterator["Link"]:
        """While the block lasts, on a free port of the loopback."""
        ready = threading.Event()

        async def main() -> None:
            self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
            server = await self._start()
            ready.set()
            await self._stopped.wait()
            server.close()

        thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
        thread.start()
        ready.wait()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._stopped.set)
            thread.join()

    async def serve(self) -> None:
        """For ever, after printing the port."""
        async with await self._start() as server:
            print(json.dumps({"port": self.port}), flush=True)
            await server.serve_forever()

    async def _start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """All requests of a connection."""
        try:
            await asyncio.sleep(self.latency_seconds)
            while True:
                request = _parse(await reader.readuntil(b"\r\n\r\n"))
                self._first_at = self._first_at or time.monotonic()
                self.requests.append(request)
                self._num_now += 1
                self.most_at_once = max(self.most_at_once, self._num_now)
                try:
                    await asyncio.sleep(self.latency_seconds)
                    await self._reply(request, self._fault(request), writer)
                finally:
                    self._num_now -= 1
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    def _fault(self, request: Request) -> Fault | None:
        for number, fault in enumerate(self.faults):
            if fault.path in request.path:
                return self.faults.pop(number)
        return None

    async def _reply(
        self, request: Request, fault: Fault | None, writer: asyncio.StreamWriter
    ) -> None:
        if fault and fault.kind == "hang up":
            raise ConnectionAbortedError
        if fault and fault.kind == "status":
            after = f"Retry-After: {fault.retry_after}\r\n" if fault.retry_after else ""
            head = f"HTTP/1.1 {fault.status} Injected\r\n{after}Content-Length: 0\r\n\r\n"
            writer.write(head.encode())
            await writer.drain()
            return
        if fault and fault.kind == "ignore range":
            request = Request(request.method, request.path, None, request.head)
        answer = await self._answer(request)
        lines = [f"HTTP/1.1 {answer.status} {STATUSES.get(answer.status, '')}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        if request.method == "HEAD":
            await writer.drain()
            return
        middle, sent = answer.num_bytes // 2, 0
        async for chunk in answer.body:
            if fault and sent <= middle < sent + len(chunk):
                at = middle - sent
                if fault.kind == "flip":
                    chunk = chunk[:at] + bytes([chunk[at] ^ 1]) + chunk[at + 1 :]
                elif fault.kind in ("truncate", "stall"):
                    writer.write(chunk[:at])
                    await writer.drain()
                    if fault.kind == "stall":
                        await asyncio.sleep(3600)
                    raise ConnectionAbortedError
            await self._flow(len(chunk))
            writer.write(chunk)
            await writer.drain()
            sent += len(chunk)
            self.num_bytes += len(chunk)
            self._last_at = time.monotonic()

    async def _flow(self, num_bytes: int) -> None:
        """Wait for the link's turn: all connections share it, first come, first served."""
        if self.bytes_per_second is not None:
            begins = max(time.monotonic(), self._free_at)
            self._free_at = begins + num_bytes / self.bytes_per_second
            await asyncio.sleep(self._free_at - time.monotonic())

    async def _answer(self, request: Request) -> Answer:
        if request.path == COUNTS_PATH:
            counts = {"link_bytes": self.num_bytes, "link_seconds": self._last_at - self._first_at}
            body = json.dumps(counts).encode()
            return Answer(200, {"Content-Length": str(len(body))}, len(body), _chunks(body))
        if self.upstream is not None:
            return await _forward(request, *self.upstream)
        assert self.folder is not None
        path = self.folder / request.path.lstrip("/")
        if not path.is_file():
            return Answer(404, {"Content-Length": "0"}, 0, _chunks(b""))
        total = path.stat().st_size
        if request.range is None:
            length = {"Content-Length": str(total)}
            return Answer(200, length, total, _file(path, 0, total))
        first, last = request.range
        if first >= total:
            headers = {"Content-Range": f"bytes */{total}", "Content-Length": "0"}
            return Answer(416, headers, 0, _chunks(b""))
        num_bytes = min(last + 1, total) - first
        headers = {
            "Content-Range": f"bytes {first}-{first + num_bytes - 1}/{total}",
            "Content-Length": str(num_bytes),
        }
        return Answer(206, headers, num_bytes, _file(path, first, num_bytes))


def _parse(head: bytes) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
    match = re.fullmatch(r"bytes=(\d+)-(\d+)", headers.get("range", ""))
    wanted = (int(match[1]), int(match[2])) if match else None
    return Request(method, unquote(urlsplit(target).path), wanted, head)


async def _file(path: Path, start: int, num_bytes: int) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while num_bytes > 0:
            chunk = file.read(min(CHUNK_BYTES, num_bytes))
            num_bytes -= len(chunk)
            yield chunk


async def _forward(request: Request, host: str, port: int) -> Answer:
    """The answer of the server behind, over a connection of its own."""
    reader, writer = await asyncio.open_connection(host, port)
    lines = request.head.split(b"\r\n")
    kept = [line for line in lines[:-2] if not line.lower().startswith(b"connection:")]
    writer.write(b"\r\n".join([*kept, b"Connection: close", b"", b""]))
    head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in rest)
    headers.pop("Connection", None)
    return Answer(int(first.split(" ")[1]), headers, len(body), _chunks(body))


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), CHUNK_BYTES):
        yield body[at : at + CHUNK_BYTES]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds")
    parser.add_argument("--rate", type=float, default=40e6, help="bytes a second")
    options = parser.parse_args()
    link = Link(
        folder=options.folder, latency_seconds=options.latency, bytes_per_second=options.rate
    )
    asyncio.run(link.serve())


if __name__ == "__main__":
    main()
