"""The server: sockets, headers, and whom it answers."""

import ipaddress
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from haybale.cards.serve.frame import POLICY
from haybale.cards.serve.messages import Response, parse_target
from haybale.cards.serve.routes import respond
from haybale.cards.serve.site import Site
from haybale.corpus.errors import HaybaleError, RecipeError

_TEXT = "text/plain; charset=utf-8"
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_PAGE_POLICY = "frame-ancestors 'none'"
"""What the narrower policy within `card.html`, whose style is another, cannot say."""
_SECONDS = 30
"""A connection that says nothing for so long is closed."""


def is_our_host(header: str | None, host: str) -> bool:
    """Whether a request was meant for this server, by its header `Host`.

    A page of a stranger can have its own name lead to this computer, and then read what this server
    says (DNS rebinding); the browser still sends that name. Addresses and `localhost` cannot be
    made to lead elsewhere.

    Args:
        header: Of the request.
        host: That the server was told to listen at.
    """
    if header is None:
        return False
    name = header.rpartition(":")[0] if header.rpartition(":")[2].isdecimal() else header
    name = name.removeprefix("[").removesuffix("]").lower()
    if name in ("localhost", host.lower()):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Server(ThreadingHTTPServer):
    """Serves a site until it is shut down.

    Args:
        site: What to show.
        host: Address to listen at.
        port: 0 for any that is free.

    Raises:
        RecipeError: If it cannot listen there.
    """

    daemon_threads = True

    def __init__(self, site: Site, host: str, port: int) -> None:
        self.site, self.host = site, host
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            raise RecipeError(
                f"--host {host} --port {port}: cannot listen there: {error}; try another port"
            ) from None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over readers who leave before the end of a page; report everything else."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    @property
    def is_open_to_others(self) -> bool:
        """Whether more than this computer reaches it."""
        return not ipaddress.ip_address(str(self.server_address[0])).is_loopback

    @property
    def url(self) -> str:
        """Of the first page."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{name}:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = _SECONDS
    server_version = "haybale"
    sys_version = ""

    def do_GET(self) -> None:
        self._send(self._answer(), with_body=True)

    def do_HEAD(self) -> None:
        self._send(self._answer(), with_body=False)

    def _answer(self) -> Response:
        request = parse_target(self.path)
        if request is None:
            return Response(400, _TEXT, b"expected a path and a query\n")
        if not is_our_host(self.headers.get("Host"), self.server.host):
            return Response(421, _TEXT, b"expected the name or address of this server as Host\n")
        try:
            return respond(self.server.site, request)
        except HaybaleError as error:  # such as a file that was damaged since
            return Response(500, _TEXT, f"{error}\n".encode())

    def _send(self, response: Response, *, with_body: bool) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        is_card = response.body is self.server.site.page
        for name, value in {
            **_HEADERS,
            **({"Content-Security-Policy": _PAGE_POLICY} if is_card else {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(response.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no GET or HEAD, or no HTTP, in a line of text."""
        self._send(Response(code, _TEXT, b"expected GET or HEAD\n"), with_body=True)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of each request."""
