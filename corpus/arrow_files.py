"""Arrow IPC files of a corpus, read by the record batch: nothing else of a file is touched."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.errors import CorruptShardError
from haybale.corpus.storage import Folder


def open_arrow(
    folder: Folder, path: str, columns: Sequence[str] | None = None
) -> pa.RecordBatchFileReader:
    """Open a file for random access to its record batches.

    Args:
        folder: The corpus.
        path: Of the file, below the corpus.
        columns: Read only these; absent: all.

    Raises:
        CorruptShardError: If it is missing or no Arrow IPC file.
    """
    source = folder.open(path)
    try:
        reader = pa.ipc.open_file(source)
        if columns is None:
            return reader
        fields = [reader.schema.get_field_index(column) for column in columns]
        options = pa.ipc.IpcReadOptions(included_fields=fields, use_threads=False)
        return pa.ipc.open_file(source, options=options)
    except (pa.ArrowException, OSError) as error:
        raise CorruptShardError(f"{folder.path(path)}: cannot be read: {error}") from None


def arrow_batches(
    folder: Folder, path: str, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """The record batches of a file, one in memory at a time."""
    reader = open_arrow(folder, path, columns)
    for number in range(reader.num_record_batches):
        yield reader.get_batch(number)


def id_bytes(doc_ids: pa.Array) -> npt.NDArray[np.bytes_]:
    """Ids as NumPy's S16, which orders as bytes do, from fixed_size_binary(16)[documents]."""
    if len(doc_ids) == 0:
        return np.empty(0, "S16")
    return np.frombuffer(doc_ids.buffers()[1], "S16", len(doc_ids), doc_ids.offset * 16)


def row_of_document(folder: Folder, path: str, batch: int, doc_id: bytes) -> dict[str, Any]:
    """The row of a document in a record batch of a file with a column `doc_id`.

    Raises:
        CorruptShardError: If the batch does not hold it.
    """
    reader, at = open_arrow(folder, path), np.empty(0, np.int64)
    if 0 <= batch < reader.num_record_batches:
        found = reader.get_batch(batch)
        at = np.flatnonzero(id_bytes(found.column("doc_id")) == doc_id)
    if len(at) != 1:
        raise CorruptShardError(
            f"{folder.path(path)}: expected document {doc_id.hex()} once in record batch {batch}, "
            f"found it {len(at)} times; see `haybale verify --full`"
        )
    row: dict[str, Any] = found.slice(int(at[0]), 1).to_pylist()[0]
    return row
