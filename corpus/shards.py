"""Token shards: Arrow IPC files that a reader maps into memory, and the index that locates them.

Format version 1. A shard is an uncompressed Arrow IPC file with schema `tokens_schema`, cut into
record batches of at least `BATCH_TOKENS` tokens (the last may be shorter). Every document ends
with EOS; boundaries are the list offsets. `shards/index.arrow` holds, for each record batch, where
its buffers begin in the file, so that training maps values without parsing a footer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from haybale.corpus.errors import CorruptShardError, SchemaError
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder

FORMAT = "haybale/tokens@1"
INDEX_PATH = "shards/index.arrow"
BATCH_TOKENS = 1 << 20
"""A record batch is closed once it holds this many tokens; it never cuts a document."""

INDEX = pa.schema(
    [
        pa.field("shard", pa.string(), nullable=False),  # path below the corpus folder
        pa.field("split", pa.string(), nullable=False),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("batch", pa.int32(), nullable=False),  # number of the record batch in its shard
        pa.field("rows", pa.int64(), nullable=False),  # documents
        pa.field("tokens", pa.int64(), nullable=False),
        pa.field("doc_ids_position", pa.int64(), nullable=False),  # byte offsets in the file:
        pa.field("offsets_position", pa.int64(), nullable=False),  # int32[rows + 1]
        pa.field("values_position", pa.int64(), nullable=False),  # uint16 or uint32[tokens]
        pa.field("shard_bytes", pa.int64(), nullable=False),
        pa.field("digest", pa.string(), nullable=False),  # xxh3-128 of ids, offsets and values
    ]
)
"""Schema of `shards/index.arrow`: one row per record batch, in order of split, subset and shard."""


@dataclass(frozen=True)
class TokenFormat:
    """What a shard's schema metadata says of its tokens.

    Attributes:
        tokenizer: xxh3-128 of the tokenizer's model.
        vocabulary_size: Ids are below it.
        bos_id: Begin of sequence; -1 where the tokenizer has none.
        eos_id: The id that ends every document.
        unk_id: The unknown piece.
    """

    tokenizer: str
    vocabulary_size: int
    bos_id: int
    eos_id: int
    unk_id: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint16 where every id fits, else uint32."""
        return np.dtype(np.uint16 if self.vocabulary_size <= 1 << 16 else np.uint32)


def tokens_schema(token_format: TokenFormat, subset: str, split: str) -> pa.Schema:
    """`doc_id: fixed_size_binary(16)`, `tokens: list<uint16 or uint32>`, and what they are."""
    value = pa.field("item", pa.from_numpy_dtype(token_format.dtype), nullable=False)
    metadata = {
        "format": FORMAT,
        "tokenizer": token_format.tokenizer,
        "vocabulary_size": str(token_format.vocabulary_size),
        "bos_id": str(token_format.bos_id),
        "eos_id": str(token_format.eos_id),
        "unk_id": str(token_format.unk_id),
        "subset": subset,
        "split": split,
    }
    fields = [
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("tokens", pa.list_(value), nullable=False),
    ]
    return pa.schema(fields, metadata=metadata)


def read_format(schema: pa.Schema, where: str) -> TokenFormat:
    """The format a shard declares.

    Raises:
        SchemaError: If it is no token shard, or of a version this release does not know.
    """
    metadata = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    if metadata.get("format") != FORMAT:
        raise SchemaError(
            f"{where}: expected a token shard of format {FORMAT}, found "
            f"{metadata.get('format', 'none')}; it was not written by haybale, or by a newer one"
        )
    numbers = (int(metadata[key]) for key in ("vocabulary_size", "bos_id", "eos_id", "unk_id"))
    return TokenFormat(metadata["tokenizer"], *numbers)


def token_batch(
    schema: pa.Schema, doc_ids: pa.Array, offsets: npt.NDArray[np.int64], ids: npt.NDArray[Any]
) -> pa.RecordBatch:
    """A record batch from doc_ids[rows], offsets int64[rows + 1] and ids[offsets[-1]]."""
    first, last = int(offsets[0]), int(offsets[-1])
    if last - first > np.iinfo(np.int32).max:
        raise SchemaError(f"a record batch of {last - first} tokens is beyond int32 offsets")
    tokens = pa.ListArray.from_arrays(
        pa.array((offsets - first).astype(np.int32)),
        pa.array(ids[first:last]),
        type=schema.field("tokens").type,
    )
    return pa.RecordBatch.from_arrays([doc_ids, tokens], schema=schema)


def write_shard(
    folder: Folder, name: str, schema: pa.Schema, pieces: Iterable[pa.RecordBatch]
) -> tuple[FileRecord, pa.Table]:
    """Write one shard from pieces of any size; how they are cut leaves no trace in the bytes.

    Args:
        folder: The corpus folder.
        name: Path of the shard below it.
        schema: From `tokens_schema`.
        pieces: Batches of that schema, in order; slices are allowed.

    Returns:
        The file's record, and its rows of the index.
    """
    with folder.commit(name) as pending:
        options = pa.ipc.IpcWriteOptions(compression=None)
        with pa.ipc.new_file(pa.PythonFile(pending), schema, options=options) as writer:
            regrouper = Regrouper(schema)
            for piece in pieces:
                for batch in regrouper.add(piece):
                    writer.write_batch(batch)
            for batch in regrouper.rest():
                writer.write_batch(batch)
        pending.flush()
        with pa.memory_map(str(pending.temporary)) as mapped:
            rows = _index_rows(name, mapped.read_buffer(), schema)
    return pending.record(), rows


class Regrouper:
    """Cuts a stream of documents after the one with which a batch reaches its number of tokens.

    How the stream arrives in pieces leaves no trace in the batches.

    Args:
        schema: From `tokens_schema`.
        batch_tokens: A batch is closed once it holds this many tokens.
    """

    def __init__(self, schema: pa.Schema, batch_tokens: int = BATCH_TOKENS) -> None:
        self._schema = schema
        self._batch_tokens = batch_tokens
        self._waiting: list[pa.RecordBatch] = []
        self._num_waiting = 0

    def add(self, piece: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Take a piece of the stream; yields the batches that it completes."""
        lengths = piece.column("tokens").value_lengths().to_numpy(zero_copy_only=False)
        ends = np.cumsum(lengths, dtype=np.int64)
        start = 0
        while start < piece.num_rows:
            before = int(ends[start - 1]) if start else 0
            wanted = self._batch_tokens - self._num_waiting
            stop = min(int(np.searchsorted(ends, before + wanted)) + 1, piece.num_rows)
            self._waiting.append(piece.slice(start, stop - start))
            self._num_waiting += int(ends[stop - 1]) - before
            start = stop
            if self._num_waiting >= self._batch_tokens:
                yield from self.rest()

    def rest(self) -> Iterator[pa.RecordBatch]:
        """The last batch, if any document waits."""
        if self._waiting:
            yield _concatenate(self._schema, self._waiting)
            self._waiting, self._num_waiting = [], 0


def _concatenate(schema: pa.Schema, batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    doc_ids = pa.concat_arrays([batch.column("doc_id") for batch in batches])
    tokens = pa.concat_arrays([batch.column("tokens") for batch in batches])
    lengths = tokens.value_lengths().to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    # flatten() follows the offsets of slices, so that the bytes depend on the rows alone.
    return token_batch(schema, doc_ids, offsets, tokens.flatten().to_numpy())


def _index_rows(name: str, file: pa.Buffer, schema: pa.Schema) -> pa.Table:
    metadata = schema.metadata
    reader = pa.ipc.open_file(file)
    rows = []
    for number in range(reader.num_record_batches):
        batch = reader.get_batch(number)
        buffers = batch_buffers(batch)
        positions = [int(buffer.address - file.address) for buffer in buffers]
        rows.append(
            {
                "shard": name,
                "split": metadata[b"split"].decode(),
                "subset": metadata[b"subset"].decode(),
                "batch": number,
                "rows": batch.num_rows,
                "tokens": len(batch.column("tokens").values),
                "doc_ids_position": positions[0],
                "offsets_position": positions[1],
                "values_position": positions[2],
                "shard_bytes": file.size,
                "digest": batch_digest(batch),
            }
        )
    return pa.Table.from_pylist(rows, schema=INDEX)


def batch_buffers(batch: pa.RecordBatch) -> tuple[pa.Buffer, pa.Buffer, pa.Buffer]:
    """The buffers of ids, list offsets and values of a whole (unsliced) batch."""
    tokens = batch.column("tokens")
    return batch.column("doc_id").buffers()[1], tokens.buffers()[1], tokens.buffers()[3]


def batch_digest(batch: pa.RecordBatch) -> str:
    """xxh3-128 of ids, offsets and values of a batch, without padding, in hex."""
    num_rows, tokens = batch.num_rows, batch.column("tokens")
    width = tokens.type.value_type.bit_width // 8
    hasher = xxhash.xxh3_128()
    sizes = (16 * num_rows, 4 * (num_rows + 1), width * len(tokens.values))
    for buffer, size in zip(batch_buffers(batch), sizes, strict=True):
        hasher.update(memoryview(buffer)[:size])
    return hasher.hexdigest()


def read_index(folder: Folder) -> pa.Table:
    """`shards/index.arrow`, memory-mapped where the folder is local.

    Raises:
        CorruptShardError: If it cannot be read.
        SchemaError: If it is not an index of this version.
    """
    try:
        table = pa.ipc.open_file(folder.open(INDEX_PATH)).read_all()
    except (pa.ArrowException, OSError) as error:
        raise CorruptShardError(f"{folder.path(INDEX_PATH)}: cannot be read: {error}") from None
    if not table.schema.equals(INDEX):
        raise SchemaError(f"{folder.path(INDEX_PATH)}: expected the columns {INDEX.names}")
    return table


def write_index(folder: Folder, tables: list[pa.Table]) -> FileRecord:
    """Write the index of all shards, in the order given."""
    table = pa.concat_tables([INDEX.empty_table(), *tables]).combine_chunks()
    with folder.commit(INDEX_PATH) as pending:
        options = pa.ipc.IpcWriteOptions(compression=None)
        with pa.ipc.new_file(pa.PythonFile(pending), INDEX, options=options) as writer:
            writer.write_table(table)
    return pending.record()
