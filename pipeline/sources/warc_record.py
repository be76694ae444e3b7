"""One WARC record off a stream: its fields and its content, or how much is no record there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from haybale.pipeline.sources.plain_bytes import PlainBytes
from haybale.pipeline.sources.warc_head import (
    VERSION_LINE,
    VERSION_LINE_BYTES,
    MalformedError,
    is_head,
    look_at_head,
)

_NEWLINES = b"\r\n"
_MAX_UNWANTED_BYTES = 1 << 20
"""Longer content that is not wanted is not held."""


class Frame(NamedTuple):
    """A record. `content` is None where it is not wanted or longer than allowed."""

    position: int
    fields: dict[str, str]
    num_bytes: int
    content: bytes | None


class Damage(NamedTuple):
    """Bytes that are no record."""

    position: int
    num_bytes: int
    reason: str
    detail: str
    num_records: int = 1


@dataclass(frozen=True)
class RecordTaking:
    """How records are taken off a stream.

    A record is held until what follows it says that its length is right. So one with a wrong length
    costs itself: those that stand behind its head are looked for where that ends. Of a record too
    long to be held they are lost with it, and those that are wanted are counted.

    Attributes:
        wants: By its fields, whether a record's content is wanted.
        max_bytes: Longer content is not kept.
    """

    wants: Callable[[dict[str, str]], bool]
    max_bytes: int

    def take(self, stream: PlainBytes, position: int) -> Frame | Damage:
        """The next record, or the bytes up to the next place that holds one."""
        start = stream.position
        try:
            return self.take_whole(stream, position)
        except MalformedError as error:
            stream.skip(stream.position == start)
            search(stream)
            lost = stream.position - start
            return Damage(position, lost, error.reason, error.detail, error.num_records)

    def take_whole(
        self,
        stream: PlainBytes,
        position: int,
        check_length: Callable[[int, int], None] | None = None,
    ) -> Frame:
        """The next record, and the line ends behind it.

        Args:
            stream: Taken from.
            position: Of the record.
            check_length: Called before the content is read with where it ends and its length.

        Raises:
            MalformedError: If none stands there; nothing is taken then, unless it is too long.
        """
        size, fields, length = look_at_head(stream)
        if check_length is not None:
            check_length(stream.position + size + length, length)
        content, is_wanted = None, self.wants(fields)
        if length > (self.max_bytes if is_wanted else min(self.max_bytes, _MAX_UNWANTED_BYTES)):
            stream.skip(size)
            found, num_wanted = self._pass_over(stream, length)
            _check_end(found, length, stream.peek(4), 1 + num_wanted)
        else:
            found = stream.hold(size + length) - size
            _check_end(found, length, stream.peek(4, size + length), 1)
            stream.skip(size)
            if is_wanted:
                content = stream.take(length)
            else:
                stream.skip(length)
        stream.skip_any(_NEWLINES)
        return Frame(position, fields, length, content)

    def _pass_over(self, stream: PlainBytes, num_bytes: int) -> tuple[int, int]:
        """Skip content; returns how many bytes there were, and how many records to be wanted."""
        start, num_wanted = stream.position, 0
        while search(stream, start + num_bytes):
            num_wanted += self.wants(look_at_head(stream)[1])
            stream.skip(1)
        return stream.position - start, num_wanted


def search(stream: PlainBytes, stop: int | None = None) -> bool:
    """Go to the next place that holds a record; False: to `stop`, or the end."""
    return stream.search(VERSION_LINE, VERSION_LINE_BYTES, lambda: is_head(stream), stop)


def check_blank(following: bytes, length: int, num_records: int = 1) -> None:
    """Two line ends stand behind a record; at the end of what holds it they may be missing.

    Raises:
        MalformedError: If other bytes do.
    """
    if len(following) == 4 and following != b"\r\n\r\n" and not following.startswith(b"\n\n"):
        detail = f"no blank line follows the {length} bytes that the record declares"
        raise MalformedError("malformed", detail, num_records)


def _check_end(found: int, length: int, following: bytes, num_records: int) -> None:
    if found < length:
        detail = f"the record declares {length} bytes, the file holds {found}"
        raise MalformedError("truncated", detail, num_records)
    check_blank(following, length, num_records)
