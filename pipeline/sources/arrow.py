"""Arrow IPC, files and streams: one row a document, position = row.

Of a file the record batches can be read apart. What a batch expands to is read before the batch
is, and each is checked in full before a value of it is touched.
"""

from collections.abc import Iterator

import pyarrow as pa

from haybale.corpus.storage import open_input
from haybale.pipeline.sources.arrow_checks import check_batch
from haybale.pipeline.sources.arrow_messages import (
    DAMAGE,
    MAGIC,
    Message,
    file_messages,
    stream_messages,
)
from haybale.pipeline.sources.arrow_rows import CONVERSION_ERRORS, add_rows, row_bytes
from haybale.pipeline.sources.collector import RecordCollector
from haybale.pipeline.sources.records import ReadOptions, Records
from haybale.pipeline.sources.span import WHOLE_FILE, Span

NAME = "arrow@1"
SUFFIXES = (".arrow", ".arrows", ".ipc", ".feather")
MAX_BATCH_RECORDS = 8
"""A batch is held in memory whole; one larger than this many of the longest records is refused."""

_ERRORS = (*CONVERSION_ERRORS, *DAMAGE)


def splits(name: str) -> bool:
    """See `haybale.pipeline.sources.SplitReader`."""
    return name.lower().endswith(SUFFIXES)


def read(path: str, options: ReadOptions) -> Iterator[Records]:
    """Records of one file; see `haybale.pipeline.sources.Reader`."""
    yield from read_span(path, options, WHOLE_FILE)


def read_span(path: str, options: ReadOptions, span: Span) -> Iterator[Records]:
    """Records of the batches that begin in a span; a stream is its first one's."""
    collector = RecordCollector(options)
    with open_input(path) as file:
        if file.size() == 0:
            return
        if file.read(len(MAGIC)) == MAGIC:
            yield from _read_file(collector, file, span)
        elif span.start == 0:
            yield from _read_stream(collector, file)
    yield from collector.rest()


def _read_file(collector: RecordCollector, file: pa.NativeFile, span: Span) -> Iterator[Records]:
    try:
        dictionaries, batches = file_messages(file)
        for message in dictionaries:
            _check_size(collector, message)
        reader = pa.ipc.open_file(file)
        if len(batches) != reader.num_record_batches:
            raise ValueError(f"{len(batches)} batches, of which {reader.num_record_batches} count")
    except MemoryError:
        raise
    except _ERRORS as error:
        if span.start == 0:
            collector.add_unreadable(0, "damaged", f"{error}; nothing of it was read", 0)
        return
    row, place = 0, 0
    for number, message in enumerate(batches):
        place = max(place, message.offset)
        if span.start <= place < span.stop:
            yield from _read_batch(collector, reader, number, message, row)
        row += message.num_rows


def _read_batch(
    collector: RecordCollector,
    reader: pa.RecordBatchFileReader,
    number: int,
    message: Message,
    row: int,
) -> Iterator[Records]:
    try:
        _check_size(collector, message)
        batch = reader.get_batch(number)
        check_batch(batch, message.num_rows)
        sizes = row_bytes(batch)
    except MemoryError:
        raise
    except _ERRORS as error:
        _add_lost(collector, message, row, f"{error}; batch {number}")
    else:
        yield from add_rows(collector, batch, row, sizes)


def _read_stream(collector: RecordCollector, file: pa.NativeFile) -> Iterator[Records]:
    """A damaged batch costs itself; one whose dictionary is lost, those that follow it as well.

    So does one that is too large, if a dictionary stands before it: they are read in one go.
    """
    row, lost_dictionary = 0, ""
    try:
        file.seek(0)
        reader = pa.ipc.open_stream(file)
        place = file.tell()
        for dictionaries, message in _with_dictionaries(stream_messages(file)):
            try:
                if lost_dictionary:
                    raise ValueError(lost_dictionary)
                file.seek(place)
                for each in (*dictionaries, message):
                    _check_size(collector, each)
                batch = reader.read_next_batch()
                check_batch(batch, message.num_rows)
                sizes = row_bytes(batch)
            except MemoryError:
                raise
            except (*_ERRORS, StopIteration) as error:
                if dictionaries and file.tell() <= message.offset:  # it did not come to the batch
                    lost_dictionary = f"a dictionary before row {row} was lost: {error}"
                _add_lost(collector, message, row, f"{error}; the batch at byte {message.offset}")
                yield from collector.full()
            else:
                yield from add_rows(collector, batch, row, sizes)
            row, place = row + message.num_rows, message.end
    except MemoryError:
        raise
    except _ERRORS as error:
        detail = f"{error}; what follows in this file was not read"
        collector.add_unreadable(row, "damaged", detail, 0)


def _with_dictionaries(messages: Iterator[Message]) -> Iterator[tuple[list[Message], Message]]:
    """Each record batch, and the batches of dictionaries that stand before it."""
    dictionaries: list[Message] = []
    for message in messages:
        if message.is_dictionary:
            dictionaries.append(message)
        else:
            yield dictionaries, message
            dictionaries = []


def _add_lost(collector: RecordCollector, message: Message, row: int, what: str) -> None:
    detail = f"{what}: its {message.num_rows} rows were lost"
    num_bytes = message.end - message.offset
    collector.add_unreadable(row, "damaged", detail, num_bytes, max(1, message.num_rows))


def _check_size(collector: RecordCollector, message: Message) -> None:
    limit = MAX_BATCH_RECORDS * collector.options.max_record_bytes
    if message.expanded_bytes > limit:
        raise ValueError(
            f"a batch of {message.expanded_bytes} bytes; the most is {MAX_BATCH_RECORDS} times "
            f"ingest.max_record_bytes, {limit}: raise that, or write smaller batches"
        )
