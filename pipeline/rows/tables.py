"""Arrow IPC files of a part: written batch by batch, read column by column."""

import contextlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import open_arrow
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
    with open_arrow(folder, name, columns) as reader:
        return reader.read_all()


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
