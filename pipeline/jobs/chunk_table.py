"""After the shards: chunk tables beside them, for models that retrieve."""

from dataclasses import dataclass

from haybale.corpus.chunks import cut_chunks, write_chunks
from haybale.corpus.indexed_shards import indexed_shards
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.units.drive import run_units
from haybale.pipeline.units.steps import Step, UnitResult, fingerprint
from haybale.pipeline.units.worker import ShardWorker

STEP = "tokenize/chunks"
_CHUNK_BYTES = 12  # a document and an offset are written for each


def chunk_shards(context: BuildContext, before: str) -> None:
    """Write the chunk tables of all shards; nothing happens where none is asked for.

    Args:
        context: The build.
        before: Digest of the shards and their index.
    """
    chunk_tokens = context.loaded.recipe.shards.chunk_tokens
    if chunk_tokens is None:
        return
    shards = indexed_shards(read_index(context.folder))
    num_chunks = sum(shard.num_documents + shard.num_tokens // chunk_tokens for shard in shards)
    step = Step(STEP, fingerprint(STEP, chunk_tokens, before))
    worker = ChunksWorker(context.folder.uri, step, chunk_tokens)
    run_units(context, worker, len(shards), num_chunks * _CHUNK_BYTES)


@dataclass
class ChunksWorker(ShardWorker):
    """Cuts shards into chunks, a unit each; see `haybale.pipeline.units.worker.UnitWorker`.

    Memory: about 60 bytes for each chunk of one shard.
    """

    chunk_tokens: int

    def do(self, unit: int) -> UnitResult:
        """Write the table of one shard."""
        folder, shard = Folder(self.output), self._shards[unit]
        chunks = cut_chunks(shard.document_offsets(folder), self.chunk_tokens)
        facts = {"split": shard.split, "subset": shard.subset, "chunks": len(chunks.documents)}
        return UnitResult((write_chunks(folder, chunks, shard),), facts=facts)
