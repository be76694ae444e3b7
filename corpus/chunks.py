"""Chunk tables: documents cut into chunks of a fixed number of tokens, for models that retrieve.

RETRO (Borgeaud et al. 2021, arXiv 2112.04426, section 2.1) retrieves chunks of 64 tokens. A chunk
never spans documents. The last one of a document may be short and is kept, so that every token,
EOS among them, is in exactly one chunk; whoever needs full ones pads or leaves out the short.

`chunks/<split>/<subset>/<number>.arrow` is an uncompressed Arrow IPC file, one row per chunk in
stored order, all in one record batch, beside the shard of the same split, subset and number.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.companions import companion_path, read_companion, write_companion
from haybale.corpus.indexed_shards import IndexedShard, Int64s
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder

FORMAT = "haybale/chunks@1"
FOLDER = "chunks"
RETRO_CHUNK_TOKENS = 64


@dataclass(frozen=True)
class ChunkTable:
    """The chunks of one shard.

    Attributes:
        chunk_tokens: Tokens of each, but for the last of a document.
        documents: int64[chunks]: row of the document in the shard.
        offsets: int32[chunks]: token offset of the chunk within its document.
    """

    chunk_tokens: int
    documents: Int64s
    offsets: npt.NDArray[np.int32]

    def spans(self, document_offsets: Int64s) -> tuple[Int64s, Int64s]:
        """Where the chunks lie.

        Args:
            document_offsets: int64[documents + 1] of the shard, from
                `IndexedShard.document_offsets`.

        Returns:
            int64[chunks] first token, as an offset within the shard; int64[chunks] tokens.
        """
        starts = document_offsets[self.documents] + self.offsets
        ends = document_offsets[self.documents + 1]
        return starts, np.minimum(ends - starts, self.chunk_tokens)


def cut_chunks(document_offsets: Int64s, chunk_tokens: int) -> ChunkTable:
    """Cut the documents of a shard, int64[documents + 1], into chunks."""
    counts = -(-np.diff(document_offsets) // chunk_tokens)
    documents = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(documents)) - np.repeat(np.cumsum(counts) - counts, counts)
    return ChunkTable(chunk_tokens, documents, (within * chunk_tokens).astype(np.int32))


def write_chunks(folder: Folder, chunks: ChunkTable, shard: IndexedShard) -> FileRecord:
    """Write the table beside its shard: `document: int64`, `offset: int32`."""
    metadata = {"format": FORMAT, "chunk_tokens": str(chunks.chunk_tokens)}
    columns = {"document": pa.array(chunks.documents), "offset": pa.array(chunks.offsets)}
    return write_companion(folder, companion_path(FOLDER, shard.path), shard, metadata, columns)


def read_chunks(folder: Folder, shard: IndexedShard) -> ChunkTable:
    """The chunks of a shard; arrays are mapped into memory where the folder is local.

    Raises:
        CorruptShardError: If there is no such table, it cannot be read, or it was made from another
            shard.
        SchemaError: If it is of a version this release does not know.
    """
    path = companion_path(FOLDER, shard.path)
    batch, metadata = read_companion(folder, path, shard, {"format": FORMAT})
    documents, offsets = (batch.column(name).to_numpy() for name in ("document", "offset"))
    return ChunkTable(int(metadata["chunk_tokens"]), documents, offsets)
