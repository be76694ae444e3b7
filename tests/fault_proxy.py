"""A proxy in front of an object store that fails, now and then, in the ways networks do.

Which request fails follows from the seed, the request and how often it came before, not from the
order in which requests of several workers arrive. It runs in a process of its own: Google's client
lets no other thread of Python run while it waits.
"""

import argparse
import asyncio
import json
import socket
import struct
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import xxhash

COUNTS_PATH = "/fault-proxy/counts"
KINDS = ("500", "503", "reset", "answer lost", "truncate", "stall")
"""`answer lost` comes after the store has done what was asked; `truncate` sends half of a body
whose whole length was declared; `stall` waits before the answer."""

_SLOW_DOWN = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code>'
    b"<Message>Please reduce your request rate.</Message></Error>"
)


@dataclass
class FaultProxy:
    """See the module.

    Attributes:
        host, port: Of the store.
        seed: Of the faults.
        one_in: Requests of which one fails, on average; 0 for none.
        kinds: How, of KINDS.
        stall_seconds: How long a stall lasts.
        secret: Told in the text of every failure, as a careless server might.
    """

    host: str
    port: int
    seed: int
    one_in: int
    kinds: tuple[str, ...]
    stall_seconds: float
    secret: str
    requests: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """All requests of a connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                request = await self._request(head, reader, writer)
                await self._serve(head, request, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _request(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes:
        """The request as it goes on to the store, its body whole."""
        lines = head.split(b"\r\n")[:-2]
        headers = {line.partition(b":")[0].lower(): line.partition(b":")[2] for line in lines[1:]}
        if b"expect" in headers:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await writer.drain()
        body = b""
        if b"chunked" in headers.get(b"transfer-encoding", b""):
            while True:
                size = await reader.readuntil(b"\r\n")
                length = int(size.split(b";")[0], 16)
                body += size + await reader.readexactly(length + 2)
                if length == 0:
                    break
        elif b"content-length" in headers:
            body = await reader.readexactly(int(headers[b"content-length"]))
        left_out = (b"connection", b"expect")
        kept = [line for line in lines if line.partition(b":")[0].lower() not in left_out]
        return b"\r\n".join([*kept, b"Connection: close", b"", b""]) + body

    async def _serve(self, head: bytes, request: bytes, writer: asyncio.StreamWriter) -> None:
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        if target == COUNTS_PATH:
            counts = {"requests": dict(self.requests), "faults": dict(self.faults)}
            _answer(writer, 200, json.dumps(counts).encode())
            await writer.drain()
            return
        self.requests[method] += 1
        kind = self._fault(method, urlsplit(target).path)
        if kind in ("500", "503"):
            self.faults[kind] += 1
            said = _SLOW_DOWN if kind == "503" else f"failed: {self.secret}".encode()
            _answer(writer, int(kind), b"" if method == "HEAD" else said)
            await writer.drain()
            return
        if kind == "reset":
            self.faults[kind] += 1
            _reset(writer)
        if kind == "stall":
            self.faults[kind] += 1
            await asyncio.sleep(self.stall_seconds)
        answer = await self._forward(request)
        start, _, body = answer.partition(b"\r\n\r\n")
        if kind == "answer lost":
            self.faults[kind] += 1
            _reset(writer)
        kept = [line for line in start.split(b"\r\n") if not line.lower().startswith(b"connection")]
        names = {line.partition(b":")[0].lower() for line in kept}
        if not names & {b"content-length", b"transfer-encoding"}:
            kept.append(b"Content-Length: %d" % len(body))
        writer.write(b"\r\n".join([*kept, b"", b""]))
        if method == "HEAD":
            body = b""
        if kind == "truncate" and len(body) > 1:
            self.faults[kind] += 1
            writer.write(body[: len(body) // 2])
            await writer.drain()
            writer.close()
            raise ConnectionAbortedError
        writer.write(body)
        await writer.drain()

    def _fault(self, method: str, path: str) -> str | None:
        if not self.one_in:
            return None
        what = f"{method} {path}"
        self.seen[what] += 1
        drawn = xxhash.xxh3_64_intdigest(f"{self.seed} {what} {self.seen[what]}".encode())
        return None if drawn % self.one_in else self.kinds[drawn // self.one_in % len(self.kinds)]

    async def _forward(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(request)
        answer = await reader.read(-1)
        writer.close()
        return answer


def _answer(writer: asyncio.StreamWriter, status: int, body: bytes) -> None:
    head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection as a crash does, without a goodbye."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    raise ConnectionAbortedError


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", type=int, required=True, help="port on this computer")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--one-in", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--stall-seconds", type=float, default=0.5)
    parser.add_argument("--secret", default="")
    given = parser.parse_args()
    kinds = tuple(given.kinds.split(","))
    faults = (given.seed, given.one_in, kinds, given.stall_seconds, given.secret)
    proxy = FaultProxy("127.0.0.1", given.upstream, *faults)
    server = await asyncio.start_server(proxy.converse, "127.0.0.1", given.port, limit=1 << 20)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
