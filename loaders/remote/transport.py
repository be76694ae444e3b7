"""What reads ranges of remote files, chosen by the scheme of a URI."""

import re
from typing import Protocol
from urllib.parse import urlsplit

from haybale.corpus.errors import HaybaleError, RecipeError

_ARROW_SCHEMES = ("s3", "gs", "gcs")
_HTTP_SCHEMES = ("http", "https")


class RemoteError(HaybaleError):
    """A remote place that refuses, or does not answer after every attempt."""


class TransientError(Exception):
    """A failure that another attempt may not meet.

    Attributes:
        wait_seconds: How long the server asks to be left alone; 0 if it does not say.
    """

    def __init__(self, reason: str, wait_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_seconds = wait_seconds


class Transport(Protocol):
    """Reads files below one remote folder. All methods may be called from several threads."""

    def size(self, name: str) -> int:
        """Bytes of a file; raises as `read` does."""

    def read(self, name: str, start: int, length: int) -> memoryview:
        """Exactly these bytes of a file, in one attempt.

        Args:
            name: Path below the folder.
            start: Offset of the first byte.
            length: How many, at least 1.

        Raises:
            FileNotFoundError: If there is no such file.
            PermissionError: If the server refuses; its reason is the message.
            EOFError: If the file ends before; its size is the message.
            TransientError: If another attempt may succeed.
            RemoteError: If none can.
        """


def shown(uri: str) -> str:
    """A URI for messages: without credentials, keys and other options."""
    scheme, _, rest = re.split(r"[?#]", uri, maxsplit=1)[0].partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].rstrip('/')}"  # a key may have a slash in it


def open_transport(uri: str, attempt_seconds: float) -> Transport:
    """The transport of a remote folder.

    Args:
        uri: `s3://…`, `gs://…`, `http://…` or `https://…`. Options that `pyarrow.fs` understands
            may follow in the query of the first two (`endpoint_override`, `region`, …); the query
            of the others (a signature, say) goes along with every request.
        attempt_seconds: How long one attempt at a request may take, over HTTP.

    Raises:
        RecipeError: If the scheme is none of these, or an option is unknown.
    """
    try:
        parts = urlsplit(uri)
        scheme, host = parts.scheme, parts.netloc.rpartition("@")[2]
    except ValueError as error:
        raise RecipeError(f"{shown(uri)}: expected the URI of a folder: {error}") from None
    if not host:
        raise RecipeError(f"{shown(uri)}: expected a bucket or a host after {scheme}://")
    if scheme in _ARROW_SCHEMES:
        from haybale.loaders.remote.arrow_transport import ArrowTransport

        return ArrowTransport(uri)
    if scheme in _HTTP_SCHEMES:
        from haybale.loaders.remote.http_transport import HttpTransport

        return HttpTransport(uri, attempt_seconds)
    schemes = ", ".join(f"{known}://" for known in (*_ARROW_SCHEMES[:2], *_HTTP_SCHEMES))
    raise RecipeError(f"{shown(uri)}: expected a local folder or {schemes}, found {scheme}://")
