"""Parquet files: one row a document, position = row."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from haybale.corpus.storage import resolve
from haybale.pipeline.sources.records import ReadOptions, RecordCollector, Records

NAME = "parquet@1"
SUFFIXES = (".parquet", ".pq")
_ROWS = 256  # rows turned into Python objects at a time


def read(path: str, options: ReadOptions) -> Iterator[Records]:
    """Records of one file; see `haybale.pipeline.sources.Reader`."""
    collector = RecordCollector(options)
    filesystem, location = resolve(path)
    row = 0
    with filesystem.open_input_file(location) as file:
        num_bytes = file.size()
        try:
            # A file of no bytes is an empty one everywhere, not a damaged one here.
            batches = pq.ParquetFile(file).iter_batches(batch_size=_ROWS) if num_bytes else iter(())
            for batch in batches:
                for record in batch.to_pylist():
                    collector.add_fields(row, record, 0)
                    row += 1
                yield from collector.full()
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            reason = "invalid_utf8" if isinstance(error, UnicodeDecodeError) else "damaged"
            detail = f"{error}; what follows in this file was not read"
            collector.add_unreadable(row, reason, detail, 0)
    yield from collector.rest()
