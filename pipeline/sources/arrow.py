"""Arrow IPC, files and streams: one row a document, position = row.

Of a file the record batches can be read apart. What a batch expands to is read before the batch
is, and each is checked in full before a value of it is touched.
"""

from collections.abc import Iterator

import pyarrow as pa

from haybale.corpus.storage import open_input
from haybale.pipeline.sources.arrow_messages import (
    DAMAGE,
    MAGIC,
    Message,
    file_messages,
    stream_messages,
)
from haybale.pipeline.sources.arrow_rows import CONVERSION_ERRORS, add_rows
from haybale.pipeline.sources.arrow_sizes import is_string
from haybale.pipeline.sources.collector import RecordCollector
from haybale.pipeline.sources.records import ReadOptions, Records
from haybale.pipeline.sources.span import WHOLE_FILE, Span

NAME = "arrow@1"
SUFFIXES = (".arrow", ".arrows", ".ipc", ".feather")
MAX_BATCH_RECORDS = 8
"""A batch is held in memory whole; one larger than this many of the longest records is refused."""

_ERRORS = (*CONVERSION_ERRORS, *DAMAGE, MemoryError)


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
        _check(batch, message)
    except _ERRORS as error:
        detail = f"{error}; the {message.num_rows} rows of batch {number} were lost"
        collector.add_unreadable(row, "damaged", detail, message.end - message.offset)
        return
    yield from add_rows(collector, batch, row)


def _read_stream(collector: RecordCollector, file: pa.NativeFile) -> Iterator[Records]:
    row = 0
    try:
        messages = stream_messages(file)
        file.seek(0)
        reader = pa.ipc.open_stream(file)
        while True:
            place = file.tell()
            message = _next_batch(collector, messages)
            if message is None:
                return
            file.seek(place)
            batch = reader.read_next_batch()
            _check(batch, message)
            yield from add_rows(collector, batch, row)
            row += batch.num_rows
    except (*_ERRORS, StopIteration) as error:
        detail = f"{error}; what follows in this file was not read"
        collector.add_unreadable(row, "damaged", detail, 0)


def _next_batch(collector: RecordCollector, messages: Iterator[Message]) -> Message | None:
    """The next record batch, if nothing on the way to it is too large; None where there is none."""
    for message in messages:
        _check_size(collector, message)
        if not message.is_dictionary:
            return message
    return None


def _check_size(collector: RecordCollector, message: Message) -> None:
    limit = MAX_BATCH_RECORDS * collector.options.max_record_bytes
    if message.expanded_bytes > limit:
        raise ValueError(
            f"a batch of {message.expanded_bytes} bytes; the most is {MAX_BATCH_RECORDS} times "
            f"ingest.max_record_bytes, {limit}: raise that, or write smaller batches"
        )


def _check(batch: pa.RecordBatch, message: Message) -> None:
    """Check all of a batch but the UTF-8 of its strings: of these one is the culprit, not all."""
    if batch.num_rows != message.num_rows:
        raise ValueError(f"{message.num_rows} rows declared, {batch.num_rows} found")
    for column in batch.columns:
        try:
            column.validate(full=True)
        except pa.ArrowInvalid as error:
            if "UTF8" not in str(error) or not is_string(column.type):
                raise
