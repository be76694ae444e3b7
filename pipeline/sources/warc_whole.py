"""Archives that are compressed whole, or in blocks that end within records: read from the start."""

from collections.abc import Iterator

from haybale.pipeline.sources.compression import DamagedMemberError, member_blocks
from haybale.pipeline.sources.plain_bytes import PlainBytes
from haybale.pipeline.sources.source_digest import SourceFile
from haybale.pipeline.sources.warc_members import input_from, is_member
from haybale.pipeline.sources.warc_record import Damage, Frame, RecordTaking


def is_compressed_whole(
    file: SourceFile, compression: str, begin: int, taking: RecordTaking
) -> bool:
    """Whether the first member holds more than a record, or less and the next goes on.

    Args:
        file: At random access.
        compression: Of its members.
        begin: Of the first.
        taking: How records are taken.
    """
    source = input_from(file, begin)
    stream = PlainBytes(member_blocks(source, compression))
    try:
        found = RecordTaking(lambda _: False, taking.max_bytes).take(stream, 0)
        if stream.peek(1):
            return True
    except DamagedMemberError:
        return False
    if isinstance(found, Frame):
        return False
    return not source.at_end() and not is_member(file, compression, source.offset)


def whole_records(
    file: SourceFile, compression: str, begin: int, taking: RecordTaking
) -> Iterator[Frame | Damage]:
    """All records; their positions count decompressed bytes."""
    source = input_from(file, begin)

    def blocks() -> Iterator[bytes]:
        while not source.at_end():
            yield from member_blocks(source, compression)

    stream, position = PlainBytes(blocks()), 0
    try:
        while stream.peek(1):
            yield taking.take(stream, position)
            position = stream.position
    except DamagedMemberError as error:
        detail = f"{error}; what follows in this file was not read"
        yield Damage(position, 0, error.reason, detail)
