"""Parquet files too long for memory, written row group by row group."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from haybale.corpus.pending import FileRecord, PendingFile
from haybale.corpus.storage import Folder

ROW_GROUP_ROWS = 1 << 17


@dataclass
class ParquetStream:
    """Appends rows; they alone decide on the bytes, however they come."""

    _pending: PendingFile
    _writer: pq.ParquetWriter
    _waiting: pa.Table
    num_rows: int = field(default=0)

    def write(self, rows: pa.Table) -> None:
        """Append rows of the file's schema."""
        self.num_rows += rows.num_rows
        self._waiting = pa.concat_tables([self._waiting, rows])
        while self._waiting.num_rows >= ROW_GROUP_ROWS:
            self._write_group(self._waiting.slice(0, ROW_GROUP_ROWS))
            self._waiting = self._waiting.slice(ROW_GROUP_ROWS).combine_chunks()

    def close(self) -> None:
        """Append what waits."""
        if self._waiting.num_rows:
            self._write_group(self._waiting)

    def record(self) -> FileRecord:
        """The committed file, once its block has ended."""
        return self._pending.record()

    def _write_group(self, rows: pa.Table) -> None:
        self._writer.write_table(rows.combine_chunks(), row_group_size=ROW_GROUP_ROWS)


@contextlib.contextmanager
def open_parquet(folder: Folder, name: str, schema: pa.Schema) -> Iterator[ParquetStream]:
    """Write a Parquet file; columns of strings, which repeat, are stored as dictionaries.

    Args:
        folder: The corpus folder.
        name: Of the file below it.
        schema: Of its rows; its metadata is stored too.
    """
    repeating = [field.name for field in schema if pa.types.is_string(field.type)]
    with folder.commit(name) as pending:
        sink = pa.PythonFile(pending)
        with pq.ParquetWriter(sink, schema, compression="zstd", use_dictionary=repeating) as writer:
            stream = ParquetStream(pending, writer, schema.empty_table())
            yield stream
            stream.close()
