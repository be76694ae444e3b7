"""Companions: files beside a shard that say something of its tokens, and are bound to it.

Each is an uncompressed Arrow IPC file of one record batch, so that a reader maps its columns into
memory, and names in its schema metadata its format, the shard's path and the shard's digest.
"""

from collections.abc import Mapping

import pyarrow as pa

from haybale.corpus.errors import CorruptShardError, SchemaError
from haybale.corpus.indexed_shards import IndexedShard
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder

ADVICE = "restore the file from a copy or build the corpus again"


def companion_path(folder: str, shard: str) -> str:
    """Where a shard's companion lies, given the shard's path: `<folder>/<split>/<subset>/...`."""
    return f"{folder}/{shard.removeprefix('shards/')}"


def write_companion(
    folder: Folder,
    path: str,
    shard: IndexedShard,
    metadata: Mapping[str, str],
    columns: Mapping[str, pa.Array],
) -> FileRecord:
    """Write a companion of a shard.

    Args:
        folder: The corpus.
        path: From `companion_path`.
        shard: Whose it is.
        metadata: `format`, and what else it is to say of itself.
        columns: Without nulls, of one length.
    """
    schema = pa.schema(
        [pa.field(name, column.type, nullable=False) for name, column in columns.items()],
        metadata={**metadata, "shard": shard.path, "shard_digest": shard.digest},
    )
    with folder.commit(path) as pending:
        options = pa.ipc.IpcWriteOptions(compression=None)
        with pa.ipc.new_file(pa.PythonFile(pending), schema, options=options) as writer:
            writer.write_batch(pa.RecordBatch.from_arrays(list(columns.values()), schema=schema))
    return pending.record()


def read_companion(
    folder: Folder, path: str, shard: IndexedShard, expected: Mapping[str, str]
) -> tuple[pa.RecordBatch, dict[str, str]]:
    """A companion's rows and its metadata; mapped into memory where the folder is local.

    Args:
        folder: The corpus.
        path: From `companion_path`.
        shard: Whose it should be.
        expected: `format`, and what else its metadata should say.

    Raises:
        CorruptShardError: If there is none, it cannot be read, or it is not the one expected.
        SchemaError: If it is of another format.
    """
    where = folder.path(path)
    try:
        reader = pa.ipc.open_file(folder.open(path))
        batch = reader.get_batch(0)
    except (pa.ArrowInvalid, OSError) as error:
        raise CorruptShardError(f"{where}: cannot be read: {error}; {ADVICE}") from None
    raw = reader.schema.metadata or {}
    metadata = {key.decode(): value.decode() for key, value in raw.items()}
    if metadata.get("format") != expected["format"]:
        raise SchemaError(
            f"{where}: expected format {expected['format']}, found "
            f"{metadata.get('format', 'none')}; it was not written by haybale, or by a newer one"
        )
    for name, value in {**expected, "shard": shard.path, "shard_digest": shard.digest}.items():
        if metadata.get(name) != value:
            raise CorruptShardError(
                f"{where}: expected {name} {value}, found {metadata.get(name)}: it does not belong "
                f"to {shard.path} as the index has it; {ADVICE}"
            )
    return batch, metadata
