"""Both transports against real servers, behind a link that fails as it is told."""

import base64
from pathlib import Path

import loader_remote_peer
import pytest
from loader_remote_peer import Fault, Link
from object_stores import free_port

from haybale.corpus.errors import RecipeError
from haybale.loaders.remote.http_transport import HttpTransport
from haybale.loaders.remote.transport import (
    RemoteError,
    TransientError,
    Transport,
    open_transport,
    shown,
)

from .conftest import uri_of

NAME = "shards/train/books/00000.arrow"


@pytest.fixture
def transport(link: Link) -> Transport:
    return open_transport(uri_of(link), attempt_seconds=1.0)


def test_ranges_are_exact(transport: Transport, corpus: Path) -> None:
    whole = (corpus / NAME).read_bytes()
    assert transport.size(NAME) == len(whole)
    for start, length in ((0, 1), (7, 1000), (len(whole) - 5, 5), (0, len(whole))):
        assert transport.read(NAME, start, length) == whole[start : start + length]


def test_a_file_that_ends_before_says_where(transport: Transport, corpus: Path) -> None:
    num_bytes = (corpus / NAME).stat().st_size
    for start in (num_bytes - 5, num_bytes + 100):
        with pytest.raises(EOFError, match=f"{num_bytes} bytes"):
            transport.read(NAME, start, 6)


def test_a_missing_file_is_no_reason_to_try_again(transport: Transport) -> None:
    for read in (lambda: transport.size("none"), lambda: transport.read("none", 0, 1)):
        with pytest.raises(FileNotFoundError):
            read()


def test_a_refusal_is_no_reason_to_try_again(link: Link, transport: Transport) -> None:
    link.faults += [Fault("status", status=403)]
    with pytest.raises(PermissionError, match=r"403|ACCESS_DENIED"):
        transport.read(NAME, 0, 10)


@pytest.mark.parametrize("kind", ["hang up", "truncate", "stall"])
def test_a_connection_that_breaks_is_a_reason_to_try_again(web: Link, kind: str) -> None:
    transport = HttpTransport(uri_of(web), attempt_seconds=0.5)
    web.faults += [Fault(kind)]  # type: ignore[arg-type]
    with pytest.raises(TransientError):
        transport.read(NAME, 0, 1000)
    assert len(transport.read(NAME, 0, 1000)) == 1000


def test_a_body_that_trickles_is_given_up(web: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader_remote_peer, "CHUNK_BYTES", 100)
    transport = HttpTransport(uri_of(web), attempt_seconds=0.3)
    num_bytes = transport.size("shards/index.arrow")
    web.bytes_per_second = num_bytes / 2  # two seconds for the whole, and never a pause
    with pytest.raises(TransientError, match=rf"\d+ of {num_bytes} bytes after 0\.3 seconds"):
        transport.read("shards/index.arrow", 0, num_bytes)


def test_after_a_failure_an_object_is_looked_at_anew(s3: Link) -> None:
    transport = open_transport(uri_of(s3), 1.0)
    for _ in range(2):
        transport.read(NAME, 0, 10)
    assert [request.method for request in s3.requests] == ["HEAD", "GET", "GET"]
    s3.faults += [Fault("status", status=403)]
    with pytest.raises(PermissionError):
        transport.read(NAME, 0, 10)
    transport.read(NAME, 0, 10)
    assert [request.method for request in s3.requests[3:]] == ["GET", "HEAD", "GET"]


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("", 0.0), ("soon", 0.0)])
def test_a_busy_server_says_how_long(web: Link, header: str, seconds: float) -> None:
    web.faults += [Fault("status", status=503, retry_after=header)]
    with pytest.raises(TransientError, match="503") as caught:
        HttpTransport(uri_of(web), 1.0).read(NAME, 0, 10)
    assert caught.value.wait_seconds == seconds


def test_a_server_that_ignores_ranges_is_named(web: Link) -> None:
    web.faults += [Fault("ignore range")]
    with pytest.raises(RemoteError, match="answers with the whole file; serve the corpus from"):
        HttpTransport(uri_of(web), 1.0).read(NAME, 8, 10)


def test_a_closed_port_is_a_reason_to_try_again() -> None:
    with pytest.raises(TransientError, match="refused"):
        HttpTransport(f"http://127.0.0.1:{free_port()}/corpus", 1.0).read("file", 0, 1)


def test_the_query_and_the_login_of_an_address_go_along(web: Link) -> None:
    uri = uri_of(web).replace("http://", "http://me:word@") + "/?sig=a%2Fb"
    assert len(open_transport(uri, 1.0).read(NAME, 0, 10)) == 10
    head = web.requests[-1].head.decode()
    assert f"GET /{NAME}?sig=a%2Fb HTTP/1.1" in head
    assert f"authorization: basic {base64.b64encode(b'me:word').decode()}".lower() in head.lower()


def test_messages_show_no_secrets() -> None:
    assert shown("s3://key:secret@bucket/a?access_key=x") == "s3://bucket/a"
    assert shown("https://me:word@host:1/a/?sig=x") == "https://host:1/a"
    with pytest.raises(RecipeError) as caught:
        open_transport("s3://key:secret@bucket/a?nonsense=1", 1.0)
    assert "secret" not in str(caught.value)
    assert "nonsense" in str(caught.value)


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(RecipeError, match="expected a local folder or s3://, gs://, http://"):
        open_transport("ftp://host/a", 1.0)
