"""Records of a span of an archive that is not compressed."""

from collections.abc import Generator, Iterator

from haybale.pipeline.sources.compression import BLOCK_BYTES
from haybale.pipeline.sources.plain_bytes import PlainBytes
from haybale.pipeline.sources.source_digest import SourceFile
from haybale.pipeline.sources.span import Covered, Span
from haybale.pipeline.sources.warc_head import MalformedError
from haybale.pipeline.sources.warc_record import (
    Damage,
    Frame,
    RecordTaking,
    check_blank,
    search,
)


class PlainRecords:
    """Reads them.

    Args:
        file: At random access.
        taking: How records are taken.
    """

    def __init__(self, file: SourceFile, taking: RecordTaking) -> None:
        self._file, self._taking = file, taking
        self._num_bytes = file.size()
        self._read_to = 0

    def of(self, span: Span) -> Generator[Frame | Damage, None, Covered | None]:
        """Records that begin in a span; returns what was taken of it."""
        stop = min(span.stop, self._num_bytes)
        stream = self._from(span.start if span.first is None else span.first)
        if span.first is None and not search(stream, stop):
            return None
        begin = stream.position
        while stream.position < stop and stream.peek(1):
            position = stream.position
            try:
                frame = self._taking.take_whole(stream, position, self._check_length)
            except MalformedError as error:
                if stream.position == position:
                    stream.skip(1)
                else:  # it was too long to be held
                    stream = self._from(position + 1)
                search(stream)
                lost = stream.position - position
                yield Damage(position, lost, error.reason, error.detail)
            else:
                yield frame
        return Covered(begin, stream.position) if begin < stop else None

    def _check_length(self, end: int, length: int) -> None:
        """Look at what follows a record before it is read: if that is wrong, its length is."""
        if end > self._num_bytes:
            found = self._num_bytes - (end - length)
            raise MalformedError(
                "truncated", f"the record declares {length} bytes, the file holds {found}"
            )
        if length > BLOCK_BYTES:
            self._file.seek(end)
            following = self._file.read(4)
            self._file.seek(self._read_to)
            check_blank(following, length)

    def _from(self, offset: int) -> PlainBytes:
        self._file.seek(offset)
        self._read_to = offset

        def blocks() -> Iterator[bytes]:
            while block := self._file.read(BLOCK_BYTES):
                self._read_to += len(block)
                yield block

        return PlainBytes(blocks(), offset)
