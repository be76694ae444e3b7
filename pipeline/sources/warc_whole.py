"""Archives that are compressed whole, or in blocks that end within records: read from the start."""

from collections.abc import Iterator

from haybale.pipeline.sources.compression import DamagedMemberError, member_blocks
from haybale.pipeline.sources.plain_bytes import PlainBytes
from haybale.pipeline.sources.source_digest import SourceFile
from haybale.pipeline.sources.warc_head import MalformedError
from haybale.pipeline.sources.warc_members import input_from, is_member, next_member
from haybale.pipeline.sources.warc_record import Damage, Frame, RecordTaking, search

_SEARCHED_BYTES = 1 << 20


def is_compressed_whole(
    file: SourceFile, compression: str, begin: int, taking: RecordTaking
) -> bool:
    """Whether the first member holds more than a record, or less and the next goes on.

    Where its first record is malformed that is not known, unless another follows soon. Then the
    file is whole if no later member begins with a record.

    Args:
        file: At random access.
        compression: Of its members.
        begin: Of the first.
        taking: How records are taken.
    """
    source = input_from(file, begin)
    stream = PlainBytes(member_blocks(source, compression))
    try:
        try:
            taking.take_whole(stream, 0)
            return bool(stream.peek(1))
        except MalformedError as error:
            stream.skip(stream.position == 0)
            if search(stream, stream.position + _SEARCHED_BYTES):
                return True
            ends, is_cut = not stream.peek(1), error.reason == "truncated"
    except DamagedMemberError:
        return False
    if not ends:
        return next_member(file, compression, begin + 1, file.size()) is None
    if source.at_end():
        return False
    if is_cut:  # blocks of a long record; of many later ones some begin with a record by chance
        return not is_member(file, compression, source.offset)
    return next_member(file, compression, source.offset, file.size()) is None


def whole_records(
    file: SourceFile, compression: str, begin: int, taking: RecordTaking
) -> Iterator[Frame | Damage]:
    """All records; their positions count decompressed bytes.

    Behind damage it goes on at the next member that begins with a record, and the positions as if
    nothing stood between them.
    """
    start: int | None = begin
    position = 0
    while start is not None:
        members = _Members(file, compression, start)
        stream = PlainBytes(members.blocks(), position)
        while stream.peek(1):
            position = stream.position
            found = taking.take(stream, position)
            if isinstance(found, Damage) and not stream.peek(1) and members.error is not None:
                break  # it is the record that is cut where the damage begins
            yield found
        else:
            position, found = stream.position, None
        start = None
        if members.error is not None:
            start = members.next_sound()
            num_records = found.num_records if isinstance(found, Damage) else 1
            yield members.damage(position, num_records, start)
            position = max(position + 1, stream.position)


class _Members:
    """Members behind one another up to the first that is damaged.

    Args:
        file: At random access.
        compression: Of its members.
        start: Where the first begins.

    Attributes:
        error: What was found in the damaged one, once its blocks are read; None: none is.
    """

    def __init__(self, file: SourceFile, compression: str, start: int) -> None:
        self._file, self._compression = file, compression
        self._source = input_from(file, start)
        self._start = self._read_to = start  # where the last member begins, and what it gave ends
        self.error: DamagedMemberError | None = None

    def blocks(self) -> Iterator[bytes]:
        """What they hold, decompressed."""
        source = self._source
        try:
            while not source.at_end():
                self._start = self._read_to = source.offset
                for block in member_blocks(source, self._compression):
                    yield block
                    self._read_to = source.offset
        except DamagedMemberError as error:
            self.error = error

    def next_sound(self) -> int | None:
        """Where the next member behind the damaged one begins that begins with a record."""
        return next_member(self._file, self._compression, self._start + 1, self._file.size())

    def damage(self, position: int, num_records: int, following: int | None) -> Damage:
        """That of the damaged member.

        Args:
            position: Of the record that is lost.
            num_records: As far as they are known.
            following: Where reading goes on; None: nowhere.
        """
        assert self.error is not None
        end = self._file.size() if following is None else following
        num_bytes = max(0, end - self._read_to)
        detail = f"{self.error}; {num_bytes} bytes of this file that follow were not read"
        return Damage(position, num_bytes, self.error.reason, detail, num_records)
