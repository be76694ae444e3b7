"""Any web server that answers requests for ranges, through `urllib3`."""

import email.utils
import http.client
import re
import time
from urllib.parse import quote, urlsplit, urlunsplit

from haybale.corpus.errors import RecipeError
from haybale.loaders.remote.transport import RemoteError, TransientError, shown

try:
    import urllib3
except ImportError:
    raise RecipeError(
        "http:// and https:// need the package urllib3: pip install 'haybale[remote]'"
    ) from None

IDLE_SECONDS = 10.0
"""A connection that is not made, or brings nothing, for so long has failed."""
MAX_REDIRECTS = 5

_BLOCK_BYTES = 1 << 18
_MISSING = (http.client.NOT_FOUND, http.client.GONE)
_REFUSED = (http.client.UNAUTHORIZED, http.client.FORBIDDEN)
_BUSY = (
    http.client.REQUEST_TIMEOUT,
    http.client.TOO_EARLY,
    http.client.TOO_MANY_REQUESTS,
)
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)")


class HttpTransport:
    """Reads files of a web server by ranges; see `Transport`.

    Args:
        uri: Of the folder. Names go before its query; a user and password in it are sent along.
        attempt_seconds: How long a request may take, body included.
        idle_seconds: How long a connection may take to be made, or bring nothing.
    """

    def __init__(
        self, uri: str, attempt_seconds: float, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._parts, self._shown = urlsplit(uri), shown(uri)
        self._attempt_seconds = attempt_seconds
        self._headers = {"Accept-Encoding": "identity"}
        if self._parts.username is not None:
            login = f"{self._parts.username}:{self._parts.password or ''}"
            self._headers |= urllib3.make_headers(basic_auth=login)
        idle = min(idle_seconds, attempt_seconds)
        self._pool = urllib3.PoolManager(
            maxsize=256,  # connections kept for a host; as many are made as there are readers
            timeout=urllib3.Timeout(connect=idle, read=idle),
            retries=urllib3.Retry(0, redirect=MAX_REDIRECTS, raise_on_redirect=True),
        )

    def size(self, name: str) -> int:
        """See `Transport.size`; a range tells it too, where HEAD is not allowed."""
        response = self._request(name, 0, 1)
        response.close()
        total = _total(response)
        if total is None:
            raise RemoteError(f"{self._shown}/{name}: the server does not say how long it is")
        return total

    def read(self, name: str, start: int, length: int) -> memoryview:
        """See `Transport.read`."""
        deadline = time.monotonic() + self._attempt_seconds
        response = self._request(name, start, length)
        whole = False
        try:
            self._check_range(name, response, start, length)
            data = self._body(response, length, deadline)
            whole = True
            return data
        finally:
            if whole:
                response.release_conn()
            else:
                response.close()  # what is left of the body would be taken for the next answer

    def _request(self, name: str, start: int, length: int) -> "urllib3.BaseHTTPResponse":
        headers = {**self._headers, "Range": f"bytes={start}-{start + length - 1}"}
        try:
            response = self._pool.request(
                "GET", self._url(name), headers=headers, preload_content=False
            )
        except urllib3.exceptions.LocationValueError as error:
            raise RecipeError(f"{self._shown}: {self._said(error)}") from None
        except urllib3.exceptions.HTTPError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise RemoteError(f"{self._shown}: {self._said(error)}") from None
            raise TransientError(self._said(error)) from None
        if response.status not in (http.client.OK, http.client.PARTIAL_CONTENT):
            try:
                self._refuse(name, response)
            finally:
                response.drain_conn()
                response.release_conn()
        return response

    def _refuse(self, name: str, response: "urllib3.BaseHTTPResponse") -> None:
        """Raise what a status other than success means; but 416 at the start: an empty file."""
        status = response.status
        reason = f"HTTP status {status} {http.client.responses.get(status, '')}".rstrip()
        if status in _MISSING:
            raise FileNotFoundError(reason)
        if status in _REFUSED:
            raise PermissionError(reason)
        if status == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise EOFError(f"{_total(response) or 'fewer'} bytes")
        if status in _BUSY or status >= http.client.INTERNAL_SERVER_ERROR:
            raise TransientError(reason, _retry_after(response))
        raise RemoteError(f"{self._shown}/{name}: expected a range of the file, found {reason}")

    def _check_range(
        self, name: str, response: "urllib3.BaseHTTPResponse", start: int, length: int
    ) -> None:
        if response.status == http.client.OK:
            found = response.headers.get("Content-Length")
            if start == 0 and found == str(length):
                return
            raise RemoteError(
                f"{self._shown}/{name}: asked for {length} bytes at {start}, the server answers "
                "with the whole file; serve the corpus from one that takes Range requests"
            )
        total, match = _total(response), _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if total is not None and total < start + length:
            raise EOFError(f"{total} bytes")
        if match is None or (match[1], match[2]) != (str(start), str(start + length - 1)):
            raise TransientError(
                f"Content-Range {response.headers.get('Content-Range')!r} instead of "
                f"{start}-{start + length - 1}"
            )

    def _body(
        self, response: "urllib3.BaseHTTPResponse", length: int, deadline: float
    ) -> memoryview:
        data, filled = bytearray(length), 0
        try:
            while block := response.read1(_BLOCK_BYTES, decode_content=False):
                if filled + len(block) > length:
                    raise TransientError(f"more than {length} bytes")
                data[filled : filled + len(block)] = block
                filled += len(block)
                if filled < length and time.monotonic() > deadline:
                    raise TransientError(
                        f"{filled} of {length} bytes after {self._attempt_seconds:g} seconds"
                    )
        except urllib3.exceptions.HTTPError as error:
            raise TransientError(f"{filled} of {length} bytes, then {self._said(error)}") from None
        if filled != length:
            raise TransientError(f"{filled} of {length} bytes")
        return memoryview(data)

    def _said(self, error: Exception) -> str:
        """What urllib3 says, without the URI's query: it may be a signature."""
        return str(error).replace(f"?{self._parts.query}", "") if self._parts.query else str(error)

    def _url(self, name: str) -> str:
        host = self._parts.netloc.rpartition("@")[2]
        path = f"{self._parts.path.rstrip('/')}/{quote(name)}"
        return urlunsplit((self._parts.scheme, host, path, self._parts.query, ""))


def _total(response: "urllib3.BaseHTTPResponse") -> int | None:
    """Bytes of the whole file, as far as the answer says."""
    match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if match:
        return int(match[3])
    length = response.headers.get("Content-Length", "")
    return int(length) if response.status == http.client.OK and length.isdigit() else None


def _retry_after(response: "urllib3.BaseHTTPResponse") -> float:
    """Seconds; the header has these or a date (RFC 9110, section 10.2.3)."""
    value = response.headers.get("Retry-After", "")
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0
