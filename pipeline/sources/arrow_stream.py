"""Arrow IPC streams: batch after batch, and one stream behind another in the same file."""

from collections.abc import Iterable, Iterator
from functools import partial

import pyarrow as pa

from haybale.pipeline.sources.arrow_batch import ERRORS, add_batch, check_size
from haybale.pipeline.sources.arrow_messages import (
    CONTINUATION,
    DICTIONARY_BATCH,
    RECORD_BATCH,
    SCHEMA,
    Message,
    message_at,
    read_at,
)
from haybale.pipeline.sources.collector import RecordCollector
from haybale.pipeline.sources.records import Records

_END = b"\0\0\0\0"
_BLOCK_BYTES = 1 << 20


class StreamMessages:
    """Dictionary and record batches of the stream that begins at an offset, in order.

    Iterating raises ValueError at damage, and all of DAMAGE.

    Args:
        file: What it stands in.
        start: Where it begins.

    Attributes:
        end: Where what follows the stream begins, once all of it is read.
    """

    def __init__(self, file: pa.NativeFile, start: int) -> None:
        self._file = file
        self.end = start

    def __iter__(self) -> Iterator[Message]:
        num_bytes, is_first = self._file.size(), True
        while self.end < num_bytes:
            if end_mark_bytes := self._end_mark():
                self.end += end_mark_bytes
                return
            message = message_at(self._file, self.end)
            if message.kind == SCHEMA and not is_first:
                return
            is_first = False
            if message.kind in (DICTIONARY_BATCH, RECORD_BATCH):
                yield message
            self.end = message.end

    def _end_mark(self) -> int:
        """Bytes of the mark that ends a stream, if it stands next."""
        prefix = read_at(self._file, self.end, 4)
        if prefix == _END:  # before version 0.15 it is all there is
            return 4
        return 8 if prefix == CONTINUATION and read_at(self._file, self.end + 4, 4) == _END else 0


def read_streams(collector: RecordCollector, file: pa.NativeFile) -> Iterator[Records]:
    """Records of all streams of a file; the rows of each have the positions behind the last's."""
    stream = _Stream(collector, file, 0, 0)
    yield from stream.read()
    while _is_more(file, stream.end):
        stream = _Stream(collector, file, stream.end, stream.row)
        yield from stream.read()


def _is_more(file: pa.NativeFile, start: int) -> bool:
    """Whether there is anything but zeros, with which tapes and disks are padded."""
    file.seek(start)
    while block := file.read(_BLOCK_BYTES):
        if block.strip(b"\0"):
            return True
    return False


class _Stream:
    """A stream that is read.

    A damaged batch costs itself; one whose dictionary is lost, those that follow it as well. So
    does one that is too large, if a dictionary stands before it: they are read in one go.

    Args:
        collector: Added to.
        file: What it stands in.
        start: Where it begins.
        row: Position of its first row.

    Attributes:
        row: Of the next row.
        end: Where what follows it begins, once it is read.
    """

    def __init__(
        self, collector: RecordCollector, file: pa.NativeFile, start: int, row: int
    ) -> None:
        self._collector, self._file = collector, file
        self._place = start  # of what is read next
        self._lost_dictionary = ""
        self.row, self.end = row, start

    def read(self) -> Iterator[Records]:
        messages, file = StreamMessages(self._file, self._place), self._file
        try:
            file.seek(self._place)
            reader = pa.ipc.open_stream(file)
            self._place = file.tell()
            for dictionaries, message in _with_dictionaries(messages):
                read = partial(self._batch, reader, dictionaries, message)
                yield from add_batch(self._collector, message, self.row, read)
                self.row, self._place = self.row + message.num_rows, message.end
            self.end = messages.end
        except MemoryError:
            raise
        except ERRORS as error:
            self.end = file.size()
            num_bytes = self.end - self._place
            detail = f"{error}; the {num_bytes} bytes that follow in this file were not read"
            self._collector.add_unreadable(self.row, "damaged", detail, num_bytes)

    def _batch(
        self, reader: pa.RecordBatchStreamReader, dictionaries: list[Message], message: Message
    ) -> pa.RecordBatch:
        if self._lost_dictionary:
            raise ValueError(self._lost_dictionary)
        came_to = 0
        try:
            for each in (*dictionaries, message):
                check_size(self._collector, self._file, each)
            self._file.seek(self._place)
            try:
                return reader.read_next_batch()
            finally:
                came_to = self._file.tell()
        except (*ERRORS, StopIteration) as error:
            if dictionaries and came_to <= message.offset:
                self._lost_dictionary = f"a dictionary before row {self.row} was lost: {error}"
            raise


def _with_dictionaries(messages: Iterable[Message]) -> Iterator[tuple[list[Message], Message]]:
    """Each record batch, and the batches of dictionaries that stand before it."""
    dictionaries: list[Message] = []
    for message in messages:
        if message.is_dictionary:
            dictionaries.append(message)
        else:
            yield dictionaries, message
            dictionaries = []
