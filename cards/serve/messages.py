"""What comes in and what goes out, without sockets."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

HTML = "text/html; charset=utf-8"
JSON = "application/json"

MAX_QUERY_FIELDS = 20
MAX_VALUE_CHARACTERS = 300
"""What is longer is cut: no name of a rule is as long."""


@dataclass(frozen=True)
class Request:
    """A page that is asked for.

    Attributes:
        path: Decoded, without the query.
        query: The first value of each name, cut where it is very long.
    """

    path: str
    query: Mapping[str, str]


@dataclass(frozen=True)
class Response:
    """A status, and content of a type."""

    status: int
    content_type: str
    body: bytes


def parse_target(target: str) -> Request | None:
    """The request that a request line names; None if it is none."""
    try:
        parts = urlsplit(target)
        pairs = parse_qsl(parts.query, max_num_fields=MAX_QUERY_FIELDS)
    except ValueError:
        return None
    query: dict[str, str] = {}
    for name, value in pairs:
        query.setdefault(name, value[:MAX_VALUE_CHARACTERS])
    return Request(unquote(parts.path), query)
