"""One record batch of Arrow IPC data: its rows are added, or it is told that they are lost."""

from collections.abc import Callable, Iterator

import pyarrow as pa

from haybale.pipeline.sources.arrow_checks import check_batch
from haybale.pipeline.sources.arrow_messages import DAMAGE, Message
from haybale.pipeline.sources.arrow_rows import CONVERSION_ERRORS, add_rows, row_bytes
from haybale.pipeline.sources.collector import RecordCollector
from haybale.pipeline.sources.lost_rows import lost_rows
from haybale.pipeline.sources.records import Records

ERRORS = (*CONVERSION_ERRORS, *DAMAGE)
"""What reading damaged data raises. Too little memory is no damage, so `except MemoryError` has to
stand before these."""


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
        num_records = lost_rows(message.num_rows, num_bytes)
        collector.add_unreadable(row, "damaged", detail, num_bytes, num_records)
        yield from collector.full()
    else:
        yield from add_rows(collector, batch, row, sizes)
