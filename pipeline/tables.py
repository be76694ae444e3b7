"""Arrow IPC files of a part: written batch by batch, read column by column."""

import contextlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.errors import CorruptShardError
from haybale.corpus.pending import FileRecord, PendingFile
from haybale.corpus.storage import Folder


@dataclass
class TableWriter:
    """Appends batches to a file that is committed when the part is whole."""

    _pending: PendingFile
    _writer: pa.RecordBatchFileWriter
    num_rows: int = field(default=0)

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch; an empty one leaves no trace."""
        if batch.num_rows:
            self._writer.write_batch(batch)
            self.num_rows += batch.num_rows

    def record(self) -> FileRecord:
        """The committed file, once its block has ended."""
        return self._pending.record()


@contextlib.contextmanager
def open_table(
    folder: Folder, name: str, schema: pa.Schema, *, compressed: bool = True
) -> Iterator[TableWriter]:
    """Write an Arrow IPC file; zstd makes text about three times smaller."""
    options = pa.ipc.IpcWriteOptions(compression="zstd" if compressed else None, use_threads=False)
    with folder.commit(name) as pending:
        writer = pa.ipc.new_file(pa.PythonFile(pending), schema, options=options)
        with writer:
            yield TableWriter(pending, writer)


def read_table(folder: Folder, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """A whole file, or some of its columns."""
    with open_reader(folder, name, columns) as reader:
        return reader.read_all()


def read_batches(
    folder: Folder, name: str, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """The batches of a file, one in memory at a time."""
    with open_reader(folder, name, columns) as reader:
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)


def open_reader(
    folder: Folder, name: str, columns: Sequence[str] | None = None
) -> pa.RecordBatchFileReader:
    """Open a file for random access to its batches; other columns are never read.

    Raises:
        CorruptShardError: If it is missing or no Arrow IPC file.
    """
    source = folder.open(name)
    try:
        if columns is None:
            return pa.ipc.open_file(source)
        schema = pa.ipc.open_file(source).schema
        options = pa.ipc.IpcReadOptions(
            included_fields=[schema.get_field_index(column) for column in columns],
            use_threads=False,
        )
        return pa.ipc.open_file(source, options=options)
    except pa.ArrowInvalid as error:
        raise CorruptShardError(f"{folder.path(name)}: cannot be read: {error}") from None


def write_rows(folder: Folder, name: str, rows: npt.NDArray[Any]) -> FileRecord:
    """Write an array, a structured one mostly, as `.npy`."""
    with folder.commit(name) as pending:
        np.lib.format.write_array(pending, rows, allow_pickle=False)
    return pending.record()


def read_rows(folder: Folder, name: str) -> npt.NDArray[np.void]:
    """Read a structured array; mapped into memory where the folder is local."""
    path = folder.path(name)
    if folder.is_local:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    return np.asarray(np.load(io.BytesIO(folder.read(name)), allow_pickle=False))
