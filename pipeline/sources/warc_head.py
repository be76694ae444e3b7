"""The head of a WARC record: version, named fields, and how long the content is that follows."""

import re
from collections.abc import Mapping

from haybale.pipeline.sources.plain_bytes import PlainBytes

MAX_HEAD_BYTES = 1 << 20
_GLANCE_BYTES, _GLANCE_LINES = 1 << 14, 256
VERSION = b"WARC/1."

VERSION_LINE = re.compile(rb"WARC/1\.[0-9]{1,3}\r?\n")
VERSION_LINE_BYTES = 12
"""Of the longest."""
_BLANK_LINE = (b"\r\n\r\n", b"\n\n")
_NEXT_HEAD = b"\n" + VERSION
_MAX_DIGITS = 18  # of a length: more are no length of anything


class MalformedError(Exception):
    """A record that is none, or not what it declares.

    Args:
        reason: A fixed word.
        detail: What was found.
        num_records: How many are lost with it, itself among them.
    """

    def __init__(self, reason: str, detail: str, num_records: int = 1) -> None:
        super().__init__(detail)
        self.reason, self.detail, self.num_records = reason, detail, num_records


def look_at_head(stream: PlainBytes) -> tuple[int, dict[str, str], int]:
    """A record's head, left where it is.

    Returns:
        Bytes of it; its fields by lower-case name, the first of each; and the length of the content
        that follows, in bytes.

    Raises:
        MalformedError: If no head stands there.
    """
    start = stream.peek(len(VERSION))
    if start != VERSION:
        raise MalformedError("malformed", f"expected {VERSION.decode()}, found {start!r}")
    size = stream.find(_BLANK_LINE, MAX_HEAD_BYTES)
    if size < 0:
        detail = f"a head without an end, or of more than {MAX_HEAD_BYTES} bytes"
        raise MalformedError("malformed", detail)
    fields = _fields(stream.peek(size))
    return size, fields, _length(fields)


def is_head(stream: PlainBytes) -> bool:
    """Whether a record's head stands next, of a usual size.

    This is asked at every place of a search that looks like a head, so no more is looked at than a
    head has: else what an archive was made of for the purpose would be parsed again and again. So a
    head within which another one seems to begin is none.
    """
    if not VERSION_LINE.match(stream.peek(VERSION_LINE_BYTES)):
        return False
    size = stream.find((_NEXT_HEAD, *_BLANK_LINE), _GLANCE_BYTES)
    if size < 0:
        return False
    head = stream.peek(size)
    if head.endswith(_NEXT_HEAD) or head.count(b"\n") > _GLANCE_LINES:
        return False
    try:
        _, fields, _ = look_at_head(stream)
    except MalformedError:
        return False
    return "warc-type" in fields


def _fields(head: bytes) -> dict[str, str]:
    fields: dict[str, list[str]] = {}
    name = ""
    for line in head.decode("utf-8", "replace").split("\n")[1:]:
        if line[:1] in (" ", "\t") and name:
            fields[name].append(line.strip())  # a field may go on in the next line
            continue
        before, colon, value = line.partition(":")
        name = before.strip().lower() if colon else ""
        if name in fields:
            name = ""
        elif name:
            fields[name] = [value.strip()]
    return {name: " ".join(lines) for name, lines in fields.items()}


def _length(fields: Mapping[str, str]) -> int:
    value = fields.get("content-length")
    if value is None:
        raise MalformedError("malformed", "the record has no Content-Length")
    if not (value.isascii() and value.isdecimal() and len(value) <= _MAX_DIGITS):
        raise MalformedError("malformed", f"Content-Length is {value[:40]!r}")
    return int(value)
