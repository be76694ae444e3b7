"""One record batch of Arrow IPC data: its size is checked before it is read, its rows are added."""

from collections.abc import Callable, Iterator

import pyarrow as pa

from haybale.pipeline.sources.arrow_checks import check_batch
from haybale.pipeline.sources.arrow_messages import DAMAGE, Message
from haybale.pipeline.sources.arrow_rows import CONVERSION_ERRORS, add_rows, row_bytes
from haybale.pipeline.sources.collector import RecordCollector
from haybale.pipeline.sources.records import Records

MAX_BATCH_RECORDS = 8
"""A batch is held in memory whole; one larger than this many of the longest records is refused."""

ERRORS = (*CONVERSION_ERRORS, *DAMAGE)
"""What reading damaged data raises. Too little memory is no damage, so `except MemoryError` has to
stand before these."""


def check_size(collector: RecordCollector, file: pa.NativeFile, message: Message) -> None:
    """Refuse a batch that would take too much memory.

    Raises:
        ValueError: If it is too large, or damaged; see DAMAGE for all that may be raised.
    """
    limit = MAX_BATCH_RECORDS * collector.options.max_record_bytes
    if (expanded := message.expanded_bytes(file)) > limit:
        raise ValueError(
            f"a batch of {expanded} bytes; the most is {MAX_BATCH_RECORDS} times "
            f"ingest.max_record_bytes, {limit}: raise that, or write smaller batches"
        )


def add_batch(
    collector: RecordCollector,
    message: Message,
    row: int,
    read: Callable[[], pa.RecordBatch],
) -> Iterator[Records]:
    """Add a batch's rows, or what was lost with them; yields what fills batches meanwhile.

    Args:
        collector: Added to.
        message: The batch's.
        row: Position of its first row.
        read: Checks its size and reads it.
    """
    try:
        batch = read()
        check_batch(batch, message.num_rows)
        sizes = row_bytes(batch)
    except MemoryError:
        raise
    except (*ERRORS, StopIteration) as error:
        detail = (
            f"{error}; the batch at byte {message.offset}: its {message.num_rows} rows were lost"
        )
        num_bytes = message.end - message.offset
        collector.add_unreadable(row, "damaged", detail, num_bytes, max(1, message.num_rows))
        yield from collector.full()
    else:
        yield from add_rows(collector, batch, row, sizes)
