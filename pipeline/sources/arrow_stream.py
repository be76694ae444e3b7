"""Arrow IPC streams: batch after batch, and one stream behind another in the same file."""

from collections.abc import Iterable, Iterator
from functools import partial

import pyarrow as pa

from haybale.pipeline.sources.arrow_batch import ERRORS, add_batch
from haybale.pipeline.sources.arrow_memory import BatchMemory
from haybale.pipeline.sources.arrow_messages import Message
from haybale.pipeline.sources.arrow_stream_messages import StreamMessages, next_stream
from haybale.pipeline.sources.collector import RecordCollector
from haybale.pipeline.sources.records import Records


def read_streams(collector: RecordCollector, file: pa.NativeFile) -> Iterator[Records]:
    """Records of all streams of a file; the rows of each have the positions behind the last's."""
    start: int | None = 0
    row = 0
    while start is not None:
        stream = _Stream(collector, file, start, row)
        yield from stream.read()
        start, row = next_stream(file, stream.end), stream.row


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
        self._memory = BatchMemory(file, collector.options.max_record_bytes)
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
                self._memory.check(each)
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
