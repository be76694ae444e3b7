"""Records of a span of an archive whose members begin with a record each.

Where a member holds several, the first has its member's offset and each further one a position one
higher; as many as the member has bytes can be told apart so.
"""

from collections.abc import Generator, Iterator

from haybale.pipeline.sources.compression import CompressedInput, DamagedMemberError, member_blocks
from haybale.pipeline.sources.plain_bytes import PlainBytes
from haybale.pipeline.sources.source_digest import SourceFile
from haybale.pipeline.sources.span import Covered, Span
from haybale.pipeline.sources.warc_members import input_from, next_member
from haybale.pipeline.sources.warc_record import Damage, Frame, RecordTaking
from haybale.pipeline.sources.zstd_padding import skip_padding


class PackedRecords:
    """Reads them.

    Args:
        file: At random access.
        compression: Of its members.
        taking: How records are taken.
    """

    def __init__(self, file: SourceFile, compression: str, taking: RecordTaking) -> None:
        self._file, self._compression, self._taking = file, compression, taking
        self._num_bytes = file.size()
        self._position = 0  # of the record that is being read

    def of(self, span: Span) -> Generator[Frame | Damage, None, Covered | None]:
        """Records of the members that begin in a span; returns what was taken of it."""
        stop, begin = min(span.stop, self._num_bytes), span.first
        if begin is None:
            begin = next_member(self._file, self._compression, span.start, stop)
        if begin is None or begin >= stop:
            return None
        source = input_from(self._file, begin)
        while not self._at_end(source):
            position = self._position = source.offset
            if position >= stop:
                return Covered(begin, position)
            try:
                several = yield from self._member(source, position)
                if several:
                    source = input_from(self._file, source.offset)
            except DamagedMemberError as error:
                following = self._after_damage(position)
                yield Damage(self._position, following - self._position, error.reason, str(error))
                source = input_from(self._file, following)
        return Covered(begin, self._num_bytes)

    def _at_end(self, source: CompressedInput) -> bool:
        """Whether no member follows, but for padding at most."""
        while not source.at_end():
            if self._compression != ".zst" or not skip_padding(source):
                return False
        return True

    def _after_damage(self, position: int) -> int:
        found = next_member(self._file, self._compression, position + 1, self._num_bytes)
        return self._num_bytes if found is None else found

    def _member(
        self, source: CompressedInput, position: int
    ) -> Generator[Frame | Damage, None, bool]:
        """A member's records; returns whether they are several, and the file was read elsewhere."""
        stream = PlainBytes(member_blocks(source, self._compression))
        found = self._taking.take(stream, position)
        if not stream.peek(1):  # nor is the checksum at the end wrong
            lost = source.offset - position
            yield found._replace(num_bytes=lost) if isinstance(found, Damage) else found
            return False
        del found
        try:
            stream.skip(1 << 63)
            end = source.offset
        except DamagedMemberError:
            end = self._after_damage(position)
        yield from self._several(position, end)
        return True

    def _several(self, begin: int, end: int) -> Iterator[Frame | Damage]:
        """The records of a member that holds several, read again now that its length is known."""
        stream = PlainBytes(member_blocks(input_from(self._file, begin), self._compression))
        for position in range(begin, end):
            self._position = position
            if not stream.peek(1):
                return
            yield self._taking.take(stream, position)
        start, num_records = stream.position, 0
        while stream.peek(1):
            found = self._taking.take(stream, 0)
            if isinstance(found, Damage):
                num_records += found.num_records
            else:
                num_records += self._taking.wants(found.fields)
        if num_records:
            detail = f"more records in a member than its {end - begin} bytes: compress them apart"
            yield Damage(end - 1, stream.position - start, "malformed", detail, num_records)
