"""WARC records of a span of a file: where each begins, its fields, its content if it is wanted.

A file is plain, or compressed record by record, each a member of its own that can be found from
anywhere; its records' positions are offsets in the file. Where such a member holds several records,
the first has its member's offset and each further one a position one higher; as many as the member
has bytes can be told apart so.

Or a file is compressed whole, or in blocks that end within records: then positions count
decompressed bytes, and the span with which the file begins reads all of it. So it is read where the
first member holds more than a record, or less and the next one goes on with it.

Damage costs a record itself: reading goes on at the next place that holds one.
"""

from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple

from haybale.pipeline.sources.compression import (
    BLOCK_BYTES,
    CompressedInput,
    DamagedMemberError,
    member_blocks,
)
from haybale.pipeline.sources.plain_bytes import PlainBytes
from haybale.pipeline.sources.source_digest import SourceFile
from haybale.pipeline.sources.span import Covered, Span
from haybale.pipeline.sources.warc_head import VERSION, MalformedError, is_head, read_head
from haybale.pipeline.sources.warc_members import (
    compression_of_bytes,
    input_from,
    is_member,
    next_member,
)
from haybale.pipeline.sources.zstd_padding import has_dictionary, skip_padding

_NEWLINES = b"\r\n"


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
        self._begin = 0  # of what is no padding
        self._position = 0  # of the record that is being read
        self._stop = min(span.stop, self._num_bytes)
        self.covered: Covered | None = None

    def __iter__(self) -> Iterator[Frame | Damage]:
        if not self._num_bytes:
            return
        compression, self._begin = compression_of_bytes(self._file)
        if compression == ".zst" and has_dictionary(self._file, self._begin):
            yield from self._refused()
        elif compression is None:
            yield from self._plain()
        elif self._is_whole(compression):
            yield from self._whole(compression)
        else:
            yield from self._members(compression)

    def _refused(self) -> Iterator[Damage]:
        if not self._span.start:
            detail = (
                "the archive is compressed with a zstd dictionary of its own, which is not read; "
                "compress its records again without one"
            )
            yield Damage(0, self._num_bytes, "needs_dictionary", detail)
            self.covered = Covered(0, self._num_bytes)

    def _is_whole(self, compression: str) -> bool:
        """Whether the first member holds more than a record, or less and the next goes on."""
        source = self._input(self._begin)
        stream = PlainBytes(member_blocks(source, compression))
        try:
            try:
                _, length = read_head(stream)
            except MalformedError:
                stream.skip(1)
                if _search(stream):
                    return True
            else:
                if stream.skip(length) == length:
                    stream.skip_any(_NEWLINES)
                    return bool(stream.peek(1))
        except DamagedMemberError:
            return False
        return not source.at_end() and not is_member(self._file, compression, source.offset)

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
        source = self._input(self._begin)

        def blocks() -> Iterator[bytes]:
            while not source.at_end():
                yield from member_blocks(source, compression)

        stream = PlainBytes(blocks())
        try:
            while True:
                self._position = stream.position
                if not stream.peek(1):
                    break
                yield self._record(stream, stream.position)
        except DamagedMemberError as error:
            detail = f"{error}; what follows in this file was not read"
            yield Damage(self._position, 0, _reason(error), detail)
        self.covered = Covered(0, self._num_bytes)

    def _members(self, compression: str) -> Iterator[Frame | Damage]:
        begin = self._span.first
        if begin is None:
            begin = next_member(self._file, compression, self._span.start, self._stop)
        if begin is None or begin >= self._stop:
            return
        source, end = self._input(begin), self._num_bytes
        while not self._at_end(source, compression):
            position = self._position = source.offset
            if position >= self._stop:
                end = position
                break
            try:
                several = yield from self._member(source, position, compression)
                if several:
                    source = self._input(source.offset)
            except DamagedMemberError as error:
                following = self._after_damage(compression, position)
                lost = following - self._position
                yield Damage(self._position, lost, _reason(error), str(error))
                source = self._input(following)
        self.covered = Covered(begin, end)

    def _at_end(self, source: CompressedInput, compression: str) -> bool:
        """Whether no member follows, but for padding at most."""
        while not source.at_end():
            if compression != ".zst" or not skip_padding(source):
                return False
        return True

    def _after_damage(self, compression: str, position: int) -> int:
        found = next_member(self._file, compression, position + 1, self._num_bytes)
        return self._num_bytes if found is None else found

    def _member(
        self, source: CompressedInput, position: int, compression: str
    ) -> Generator[Frame | Damage, None, bool]:
        """A member's records; returns whether they are several, and the file was read elsewhere."""
        stream = PlainBytes(member_blocks(source, compression))
        found = self._record(stream, position)
        if not stream.peek(1):  # nor is the checksum at the end wrong
            lost = source.offset - position
            yield found._replace(num_bytes=lost) if isinstance(found, Damage) else found
            return False
        del found
        try:
            stream.skip(1 << 63)
            end = source.offset
        except DamagedMemberError:
            end = self._after_damage(compression, position)
        yield from self._several(compression, position, end)
        return True

    def _several(self, compression: str, begin: int, end: int) -> Iterator[Frame | Damage]:
        """The records of a member that holds several, read again now that its length is known."""
        stream = PlainBytes(member_blocks(self._input(begin), compression))
        for position in range(begin, end):
            self._position = position
            if not stream.peek(1):
                return
            yield self._record(stream, position)
        start, num_records = stream.position, 0
        while stream.peek(1):
            self._record(stream, 0)
            num_records += 1
        if num_records:
            detail = f"more records in a member than its {end - begin} bytes: compress them apart"
            yield Damage(end - 1, stream.position - start, "malformed", detail, num_records)

    def _record(self, stream: PlainBytes, position: int) -> Frame | Damage:
        """The next record, or the bytes up to the next place that holds one."""
        start = stream.position
        try:
            frame = self._frame(stream, position)
            stream.skip_any(_NEWLINES)
            return frame
        except MalformedError as error:
            stream.skip(stream.position == start)
            _search(stream)
            return Damage(position, stream.position - start, error.reason, error.detail)

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

    def _input(self, offset: int) -> CompressedInput:
        return input_from(self._file, offset)


def _search(stream: PlainBytes, stop: int | None = None) -> bool:
    return stream.search(VERSION, lambda: is_head(stream), stop)


def _check_blank(following: bytes, length: int) -> None:
    """Two line ends stand behind a record; at the end of what holds it they may be missing."""
    if len(following) == 4 and following != b"\r\n\r\n" and not following.startswith(b"\n\n"):
        detail = f"no blank line follows the {length} bytes that the record declares"
        raise MalformedError("malformed", detail)


def _reason(error: DamagedMemberError) -> str:
    return str(error).partition(":")[0]
