"""Whether what lies beside the shards belongs to them: packing indexes and chunk tables."""

import pyarrow as pa

from haybale.corpus.arrow_files import open_arrow
from haybale.corpus.chunks import FOLDER as CHUNKS
from haybale.corpus.errors import HaybaleError
from haybale.corpus.indexed_shards import IndexedShard
from haybale.corpus.packing import FOLDER as PACKING
from haybale.corpus.packing_index import PACKING_INDEX_PATH
from haybale.corpus.verification.report import Checking


def check_companions(checking: Checking, shards: list[IndexedShard]) -> None:
    """Each names a shard of this corpus, as the index has it."""
    digests = {shard.path: shard.digest for shard in shards}
    for record in checking.manifest.files:
        is_companion = record.path.startswith((f"{PACKING}/", f"{CHUNKS}/"))
        is_companion = is_companion and record.path != PACKING_INDEX_PATH
        if not is_companion or record.path in checking.damaged:
            continue
        try:
            schema = open_arrow(checking.folder, record.path).schema
        except (HaybaleError, pa.ArrowException, OSError) as error:
            checking.problems.append(str(error))
            continue
        metadata = schema.metadata or {}
        shard, digest = (metadata.get(key, b"").decode() for key in (b"shard", b"shard_digest"))
        if digests.get(shard) != digest:
            checking.problem(
                record.path,
                f"it was made for {shard or 'no shard'} of digest {digest or 'none'}, the index "
                f"has {digests.get(shard, 'no such shard')}",
            )
