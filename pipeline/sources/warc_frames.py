"""WARC records of a span of a file: where each begins, its fields, its content if it is wanted.

A file is plain, or compressed record by record, each a member of its own that can be found from
anywhere; its records' positions are offsets in the file. Or it is compressed whole: then positions
count decompressed bytes, and the span with which the file begins reads all of it.

Damage costs a record itself: reading goes on at the next place that holds one.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from haybale.pipeline.sources.compression import (
    BLOCK_BYTES,
    COMPRESSIONS,
    CompressedInput,
    DamagedMemberError,
    member_blocks,
)
from haybale.pipeline.sources.plain_bytes import PlainBytes
from haybale.pipeline.sources.source_digest import SourceFile
from haybale.pipeline.sources.span import Covered, Span
from haybale.pipeline.sources.warc_head import VERSION, MalformedError, is_head, read_head

_MAGIC = {
    ".gz": (b"\x1f\x8b\x08",),
    ".zst": (b"\x28\xb5\x2f\xfd",),
    ".bz2": (b"BZh",),
    ".xz": (b"\xfd7zXZ\x00",),
}
_NEWLINES = b"\r\n"
_GLANCE_BYTES = 4096  # read at a place that may begin a record


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


class WarcFrames:
    """Records and damage of a span, in order.

    Args:
        file: At random access.
        span: Of it.
        wants: By its fields, whether a record's content is wanted.
        max_bytes: Longer content is not kept.

    Attributes:
        covered: What was taken of the span, once all is read; None: nothing.
    """

    def __init__(
        self,
        file: SourceFile,
        span: Span,
        wants: Callable[[dict[str, str]], bool],
        max_bytes: int,
    ) -> None:
        self._file, self._span = file, span
        self._wants, self._max_bytes = wants, max_bytes
        self._num_bytes = file.size()
        self._read_to = 0
        self._stop = min(span.stop, self._num_bytes)
        self.covered: Covered | None = None

    def __iter__(self) -> Iterator[Frame | Damage]:
        if not self._num_bytes:
            return
        compression = _compression(self._file)
        if compression is None:
            yield from self._plain()
        elif self._is_whole(compression):
            yield from self._whole(compression)
        else:
            yield from self._members(compression)

    def _is_whole(self, compression: str) -> bool:
        """Whether more than one record stands in the first member."""
        stream = PlainBytes(member_blocks(self._input(0), compression))
        try:
            _, length = read_head(stream)
            stream.skip(length)
            stream.skip_any(_NEWLINES)
            return bool(stream.peek(1))
        except (MalformedError, DamagedMemberError):
            return False

    def _plain(self) -> Iterator[Frame | Damage]:
        stream = self._plain_from(
            self._span.start if self._span.first is None else self._span.first
        )
        if self._span.first is None and not _search(stream, self._stop):
            return
        begin = stream.position
        while stream.position < self._stop and stream.peek(1):
            position = stream.position
            try:
                frame = self._frame(stream, position, self._check_length)
            except MalformedError as error:
                stream = self._plain_from(position + 1)
                _search(stream)
                lost = stream.position - position
                yield Damage(position, lost, error.reason, error.detail)
            else:
                yield frame
                stream.skip_any(_NEWLINES)
        if begin < self._stop:
            self.covered = Covered(begin, stream.position)

    def _check_length(self, stream: PlainBytes, length: int) -> None:
        """Look at what follows a record before it is read: if that is wrong, its length is."""
        end = stream.position + length
        if end > self._num_bytes:
            found = self._num_bytes - stream.position
            raise MalformedError(
                "truncated", f"the record declares {length} bytes, the file holds {found}"
            )
        if length > BLOCK_BYTES:
            self._file.seek(end)
            _check_blank(self._file.read(4), length)
            self._file.seek(self._read_to)

    def _plain_from(self, offset: int) -> PlainBytes:
        self._file.seek(offset)
        self._read_to = offset

        def blocks() -> Iterator[bytes]:
            while block := self._file.read(BLOCK_BYTES):
                self._read_to += len(block)
                yield block

        return PlainBytes(blocks(), offset)

    def _whole(self, compression: str) -> Iterator[Frame | Damage]:
        if self._span.start:
            return
        source = self._input(0)

        def blocks() -> Iterator[bytes]:
            while not source.at_end():
                yield from member_blocks(source, compression)

        stream, position = PlainBytes(blocks()), 0
        try:
            while stream.peek(1):
                position = stream.position
                try:
                    yield self._frame(stream, position)
                    stream.skip_any(_NEWLINES)
                except MalformedError as error:
                    stream.skip(stream.position == position)
                    _search(stream)
                    lost = stream.position - position
                    yield Damage(position, lost, error.reason, error.detail)
        except DamagedMemberError as error:
            detail = f"{error}; what follows in this file was not read"
            yield Damage(position, 0, _reason(error), detail)
        self.covered = Covered(0, self._num_bytes)

    def _members(self, compression: str) -> Iterator[Frame | Damage]:
        begin = self._span.first
        if begin is None:
            begin = self._next_member(compression, self._span.start, self._stop)
        if begin is None or begin >= self._stop:
            return
        source, end = self._input(begin), self._num_bytes
        while not source.at_end():
            position = source.offset
            if position >= self._stop:
                end = position
                break
            try:
                yield from self._member(source, position, compression)
            except DamagedMemberError as error:
                found = self._next_member(compression, position + 1, self._num_bytes)
                following = self._num_bytes if found is None else found
                yield Damage(position, following - position, _reason(error), str(error))
                source = self._input(following)
        self.covered = Covered(begin, end)

    def _member(
        self, source: CompressedInput, position: int, compression: str
    ) -> Iterator[Frame | Damage]:
        """A member's record; what else it holds is damage, because it has no position."""
        stream = PlainBytes(member_blocks(source, compression))
        found: Frame | Damage
        try:
            found = self._frame(stream, position)
            stream.skip_any(_NEWLINES)
            more = bool(stream.peek(1))
        except MalformedError as error:
            found, more = Damage(position, 0, error.reason, error.detail), False
        stream.skip(1 << 63)  # a checksum stands at the end
        lost = source.offset - position
        yield found._replace(num_bytes=lost) if isinstance(found, Damage) else found
        if more:
            detail = "more than one record in a member, unlike in the file's first member"
            yield Damage(position + 1, lost, "malformed", detail)

    def _frame(
        self,
        stream: PlainBytes,
        position: int,
        check_length: Callable[[PlainBytes, int], None] | None = None,
    ) -> Frame:
        fields, length = read_head(stream)
        if check_length is not None:
            check_length(stream, length)
        content, found = None, 0
        if length <= self._max_bytes and self._wants(fields):
            content = stream.take(length)
            found = len(content)
        else:
            found = stream.skip(length)
        if found < length:
            detail = f"the record declares {length} bytes, the file holds {found}"
            raise MalformedError("truncated", detail)
        _check_blank(stream.peek(4), length)
        return Frame(position, fields, length, content)

    def _next_member(self, compression: str, start: int, stop: int) -> int | None:
        """Where the next member begins that holds a record, at or after `start`."""
        magics = _MAGIC[compression]
        overlap = max(map(len, magics)) - 1
        while start < stop:
            self._file.seek(start)
            window = self._file.read(min(BLOCK_BYTES, stop - start) + overlap)
            found = sorted(start + at for magic in magics for at in _occurrences(window, magic))
            for candidate in found:
                if candidate < stop and self._is_member(compression, candidate):
                    return candidate
            start += BLOCK_BYTES
        return None

    def _is_member(self, compression: str, offset: int) -> bool:
        source = self._input(offset, _GLANCE_BYTES)
        try:
            return is_head(PlainBytes(member_blocks(source, compression)))
        except DamagedMemberError:
            return False

    def _input(self, offset: int, block_bytes: int = BLOCK_BYTES) -> CompressedInput:
        self._file.seek(offset)
        return CompressedInput(self._file, offset, block_bytes)


def _compression(file: SourceFile) -> str | None:
    file.seek(0)
    head = file.read(8)
    for compression in COMPRESSIONS:
        if head.startswith(_MAGIC[compression]):
            return compression
    return None


def _search(stream: PlainBytes, stop: int | None = None) -> bool:
    return stream.search(VERSION, lambda: is_head(stream), stop)


def _occurrences(window: bytes, magic: bytes) -> Iterator[int]:
    at = window.find(magic)
    while at >= 0:
        yield at
        at = window.find(magic, at + 1)


def _check_blank(following: bytes, length: int) -> None:
    """Two line ends stand behind a record; at the end of what holds it they may be missing."""
    if len(following) == 4 and following != b"\r\n\r\n" and not following.startswith(b"\n\n"):
        detail = f"no blank line follows the {length} bytes that the record declares"
        raise MalformedError("malformed", detail)


def _reason(error: DamagedMemberError) -> str:
    return str(error).partition(":")[0]
