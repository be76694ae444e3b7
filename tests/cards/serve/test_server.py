import http.client
import socket
import struct
import threading
import time

import pytest

from haybale.cards.serve.server import Server, is_our_host
from haybale.corpus.errors import RecipeError


@pytest.fixture
def server(site):
    with Server(site, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def ask(server):
    """Status, headers and body of an answer over a real socket."""

    def ask_server(method, target, host=None):
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
        connection.putrequest(method, target, skip_host=True)
        if host != "":
            connection.putheader("Host", host or f"127.0.0.1:{server.server_address[1]}")
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers, body

    return ask_server


def test_a_page_comes_with_what_a_browser_may_do_with_it(ask):
    status, headers, body = ask("GET", "/samples?rule=other/rule@1")
    assert status == 200
    assert b"Bonjour" in body
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "Python" not in str(headers)


def test_head_is_get_without_the_page(ask, server):
    port = server.server_address[1]
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(f"HEAD / HTTP/1.0\r\nHost: localhost:{port}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b""
    assert f"Content-Length: {len(ask('GET', '/')[2])}".encode() in head


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "<script>"])
def test_nothing_but_get_and_head_is_answered(ask, method):
    status, headers, body = ask(method, "/")
    assert status == 501
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert body == b"expected GET or HEAD\n"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_request_that_was_meant_for_another_host_is_refused(ask, host):
    assert ask("GET", "/", host)[0] == 421


def test_no_path_reaches_the_file_system(ask, site, tmp_path):
    (tmp_path / "secret").write_text("secret")
    for target in ("/secret", "/../secret", "/%2e%2e/secret", f"/{tmp_path}/secret", "/card/"):
        status, _, body = ask("GET", target)
        assert status == 404
        assert b"<p>There is no such page.</p>" in body
    assert ask("GET", "http://[")[0] == 400


@pytest.mark.parametrize(
    ("header", "host", "is_ours"),
    [
        ("localhost:8000", "127.0.0.1", True),
        ("LOCALHOST", "127.0.0.1", True),
        ("127.0.0.1:8000", "127.0.0.1", True),
        ("[::1]:8000", "::1", True),
        ("192.168.0.7:8000", "0.0.0.0", True),
        ("box.local:8000", "box.local", True),
        ("evil.example:8000", "127.0.0.1", False),
        ("evil.example", "0.0.0.0", False),
        ("", "127.0.0.1", False),
        (None, "127.0.0.1", False),
    ],
)
def test_names_can_be_made_to_lead_here_and_addresses_cannot(header, host, is_ours):
    assert is_our_host(header, host) is is_ours


def test_where_it_cannot_listen_it_says_so(server, site):
    port = server.server_address[1]
    with pytest.raises(RecipeError, match=f"--port {port}: cannot listen there"):
        Server(site, "127.0.0.1", port)


def test_the_address_is_one_to_click_on(server):
    assert server.url == f"http://127.0.0.1:{server.server_address[1]}/"


def test_who_leaves_before_the_end_leaves_no_traceback(server, capfd):
    for _ in range(3):
        address = ("127.0.0.1", server.server_address[1])
        with socket.create_connection(address, timeout=5) as connection:
            connection.sendall(b"GET /card.html HTTP/1.1\r\nHost: localhost\r\n\r\n")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.2)
    assert capfd.readouterr().err == ""


def test_other_errors_are_reported(server, capfd):
    try:
        raise ValueError("seven")
    except ValueError:
        server.handle_error(None, ("127.0.0.1", 1))
    assert "ValueError: seven" in capfd.readouterr().err
