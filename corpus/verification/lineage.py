"""Which of manifest, index and shards is of another run, where they do not agree.

Three witnesses: `corpus.json` knows the digest of every file, `shards/index.arrow` those of every
record batch, and the shards are what they are. Two that agree convict the third.
"""

import pyarrow as pa

from haybale.corpus.errors import HaybaleError
from haybale.corpus.indexed_shards import indexed_shards
from haybale.corpus.manifest import MANIFEST_PATH
from haybale.corpus.shards import INDEX_PATH, read_index
from haybale.corpus.verification.damage import raw_digest
from haybale.corpus.verification.report import Checking
from haybale.corpus.verification.shards import check_totals


def check_lineage(checking: Checking) -> None:
    """Say who is of another run; nothing if the index is the manifest's."""
    if INDEX_PATH not in checking.damaged or checking.folder.size(INDEX_PATH) < 0:
        return
    try:
        agree, num_shards = _agreement(checking)
    except (HaybaleError, pa.ArrowException, OSError, ValueError) as error:
        checking.problem(INDEX_PATH, f"it is damaged: {error}")
        return
    shards = {
        record.path
        for record in checking.manifest.files
        if record.path.startswith("shards/") and record.path != INDEX_PATH
    }
    if agree:
        checking.problem(
            MANIFEST_PATH,
            f"it is the manifest of another run: {INDEX_PATH} and the {num_shards} shards that it "
            "names agree with one another, and not with the manifest",
            first=True,
        )
        check_totals(checking, indexed_shards(read_index(checking.folder)))
    elif not shards & checking.damaged:
        checking.problem(
            INDEX_PATH,
            "it is damaged or the index of another run: every shard is what the manifest says, "
            "and not what this index says",
            first=True,
        )


def _agreement(checking: Checking) -> tuple[bool, int]:
    """Whether every record batch that the index names is what it says, and how many shards."""
    folder, index = checking.folder, read_index(checking.folder)
    index.validate(full=True)  # a damaged one may point anywhere
    rows = index.to_pylist()
    shards = {row["shard"] for row in rows}
    for shard in shards:
        mine = [row for row in rows if row["shard"] == shard]
        if any(folder.size(shard) != row["shard_bytes"] for row in mine):
            return False, len(shards)
        buffer = folder.open(shard).read_buffer()
        for row in mine:
            # The manifest may be of another vocabulary, so that the width of a token is tried.
            if row["digest"] not in (raw_digest(buffer, row, width) for width in (2, 4)):
                return False, len(shards)
    return bool(shards), len(shards)
