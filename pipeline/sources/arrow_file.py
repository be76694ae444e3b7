"""Arrow IPC files: the record batches of a span, found by the footer.

A batch's rows have the positions behind those of the batches before it. How many these have stands
in their metadata alone, so that is read of them, and nothing else.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa

from haybale.pipeline.sources.arrow_batch import ERRORS, add_batch
from haybale.pipeline.sources.arrow_memory import BatchMemory
from haybale.pipeline.sources.arrow_messages import (
    DAMAGE,
    DICTIONARY_BATCH,
    RECORD_BATCH,
    Message,
    message_at,
    read_at,
)
from haybale.pipeline.sources.collector import RecordCollector
from haybale.pipeline.sources.flatbuffers import Table
from haybale.pipeline.sources.records import Records
from haybale.pipeline.sources.span import Span

MAGIC = b"ARROW1"

_END_BYTES = 4 + len(MAGIC)  # the footer's length, then the magic
_BLOCK = struct.Struct("<qi4xq")  # offset, bytes of metadata, bytes of body
_MAX_GAP_BYTES = 1 << 10
"""Between the last batch and the footer: a mark of 8 bytes, and what pads it."""


class Block(NamedTuple):
    """Where the footer says that a batch lies (Block of File.fbs)."""

    offset: int
    metadata_bytes: int
    body_bytes: int

    @property
    def num_bytes(self) -> int:
        """Of all of it."""
        return max(0, self.metadata_bytes) + max(0, self.body_bytes)


class Footer(NamedTuple):
    """Where a file's footer begins, and its dictionary and record batches, in order (File.fbs)."""

    offset: int
    dictionaries: list[Block]
    batches: list[Block]


def read_file(collector: RecordCollector, file: pa.NativeFile, span: Span) -> Iterator[Records]:
    """Records of the batches that begin in a span; damage of a batch costs that batch."""
    memory = BatchMemory(file, collector.options.max_record_bytes)
    try:
        footer = read_footer(file)
        for block in footer.dictionaries:
            memory.check(_message(file, block, DICTIONARY_BATCH))
        reader = pa.ipc.open_file(file)
        if len(footer.batches) != reader.num_record_batches:
            raise ValueError(
                f"{len(footer.batches)} batches, of which {reader.num_record_batches} count"
            )
    except MemoryError:
        raise
    except ERRORS as error:
        if span.start == 0:
            detail = f"{error}; nothing of it was read"
            collector.add_unreadable(0, "damaged", detail, file.size())
        return
    row, place, last = 0, 0, file.size() - 1
    for number, block in enumerate(footer.batches):
        place = max(place, min(block.offset, last))
        if place >= span.stop:
            return
        is_mine = place >= span.start
        try:
            message = _message(file, block, RECORD_BATCH)
        except DAMAGE as error:
            if is_mine:  # nobody knows how many rows it has: those behind it are counted without
                detail = f"{error}; the rows of batch {number} were lost"
                num_bytes = min(block.num_bytes, file.size())
                collector.add_unreadable(row, "damaged", detail, num_bytes)
                yield from collector.full()
            continue
        if is_mine:

            def read(number: int = number, message: Message = message) -> pa.RecordBatch:
                memory.check(message)
                return reader.get_batch(number)

            yield from add_batch(collector, message, row, read)
        row += message.num_rows
    if span.start <= last < span.stop:
        _check_end(collector, file, footer, row)


def read_footer(file: pa.NativeFile) -> Footer:
    """What a file's footer says of its batches.

    Raises:
        ValueError: If there is none; see DAMAGE for all that may be raised.
    """
    num_bytes = file.size()
    tail = read_at(file, num_bytes - _END_BYTES, _END_BYTES)
    length = int.from_bytes(tail[:4], "little", signed=True)
    if tail[4:] != MAGIC or not 0 < length <= num_bytes - _END_BYTES:
        raise ValueError("expected an Arrow file, found one without a footer")
    offset = num_bytes - _END_BYTES - length
    table = Table.root(read_at(file, offset, length))
    dictionaries, batches = ([Block(*each) for each in table.structs(at, _BLOCK)] for at in (2, 3))
    return Footer(offset, dictionaries, batches)


def _message(file: pa.NativeFile, block: Block, kind: int) -> Message:
    message = message_at(file, block.offset, block.metadata_bytes)
    if message.kind != kind:
        raise ValueError(f"expected a batch at {block.offset}, found another message")
    return message


def _check_end(collector: RecordCollector, file: pa.NativeFile, footer: Footer, row: int) -> None:
    """Tell of what no footer names: of files that stand one behind another, all but the last one's.

    Its footer counts from its own beginning, so what it names is not even its own.
    """
    blocks = footer.dictionaries + footer.batches
    try:
        end = max(each.offset + each.num_bytes for each in blocks) if blocks else _schema_end(file)
    except DAMAGE:
        return  # nothing but a schema, and that is damaged
    num_bytes = footer.offset - end
    if num_bytes > _MAX_GAP_BYTES:
        detail = (
            f"{num_bytes} bytes before the footer are of no batch that it names; files that stand "
            "one behind another in one file are not read: give each a file of its own"
        )
        collector.add_unreadable(row, "damaged", detail, num_bytes)


def _schema_end(file: pa.NativeFile) -> int:
    return message_at(file, 8).end  # the magic and two bytes stand before it
