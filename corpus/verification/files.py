"""Whether every file is the one that the manifest names; and if not, whose content it has."""

from collections.abc import Iterator

import pyarrow as pa
import xxhash

from haybale.corpus.pending import FileRecord
from haybale.corpus.shards import INDEX_PATH
from haybale.corpus.storage import Folder
from haybale.corpus.takedowns import SWITCH_PATH
from haybale.corpus.verification.damage import shard_damage
from haybale.corpus.verification.report import Checking

LEFT_OUT = (
    *("documents/", "edits/", "measures/", "signatures/", "dropped/", "selection/"),
    *("dedup/", "repeats/", "decontaminate/", "card/ids/"),
)
"""Folders of which a quick verification takes sizes only: training reads none of them."""

_READ_IN_TRAINING = ("shards", "packing", "chunks")

MEND = "restore the file from a copy or build the corpus again"

_BLOCK_BYTES = 1 << 24


def check_files(checking: Checking) -> None:
    """Compare the size of every file with the manifest's, and hash those that training needs.

    A full verification hashes every file.
    """
    manifest = checking.manifest
    owners = {record.digest: record.path for record in manifest.files}
    sizes = {record.num_bytes for record in manifest.files}
    left_out = 0
    _check_unnamed(checking)
    for record in manifest.files:
        found_bytes = checking.folder.size(record.path)
        if found_bytes < 0:
            problem = f"expected {record.num_bytes} bytes, found no file; {MEND}"
            _damaged(checking, record, problem)
        elif found_bytes != record.num_bytes:
            digest = _hash(checking, record.path) if found_bytes in sizes else ""
            problem = f"expected {record.num_bytes} bytes, found {found_bytes}"
            _damaged(checking, record, f"{problem}; {_why(checking, record, owners, digest)}")
        elif checking.full or not record.path.startswith(LEFT_OUT):
            digest = _hash(checking, record.path)
            if digest != record.digest:
                problem = f"expected digest {record.digest}, found {digest}"
                _damaged(checking, record, f"{problem}; {_why(checking, record, owners, digest)}")
        else:
            left_out += 1
    if left_out:
        folders = " ".join(prefix for prefix in LEFT_OUT if checking.has(prefix))
        checking.not_checked.append(
            f"{left_out:,} files in {folders} were compared by size only: --full hashes them"
        )


def _check_unnamed(checking: Checking) -> None:
    """Beside the shards nothing lies that the manifest does not name, such as a shard of before.

    While a takedown is unfinished there may be, and that is told elsewhere.
    """
    if checking.folder.exists(SWITCH_PATH):
        return
    named = {record.path for record in checking.manifest.files}
    for path in (path for name in _READ_IN_TRAINING for path in checking.folder.list(name)):
        if path not in named and not path.rpartition("/")[2].startswith("."):
            problem = "the manifest names no such file, and nobody reads it; it may hold documents "
            problem += "that were taken down: delete it"
            checking.problem(path, problem, "files that the manifest does not name")


def _damaged(checking: Checking, record: FileRecord, problem: str) -> None:
    checking.damaged.add(record.path)
    checking.problem(record.path, problem, "files that are not what the manifest says")


def _whose(owners: dict[str, str], digest: str) -> str:
    """What to say of a file that has the content of another."""
    if digest not in owners:
        return ""
    return f"it holds the content of {owners[digest]}: the files were swapped, or one copied"


def _why(checking: Checking, record: FileRecord, owners: dict[str, str], digest: str) -> str:
    if swapped := _whose(owners, digest):
        return swapped
    if record.path.startswith("shards/") and record.path != INDEX_PATH:
        return f"{shard_damage(checking, record.path)}; {MEND}"
    return f"the file was changed after it was written, or is of another run; {MEND}"


def _hash(checking: Checking, path: str) -> str:
    hasher = xxhash.xxh3_128()
    for block in read_blocks(checking.folder, path):
        hasher.update(block)
        checking.progress(path, block.size)
        checking.hashed_bytes += block.size
    checking.num_hashed += 1
    return hasher.hexdigest()


def read_blocks(folder: Folder, path: str) -> Iterator[pa.Buffer]:
    """A file's bytes, block by block."""
    with folder.open(path) as file:
        while block := file.read_buffer(_BLOCK_BYTES):
            yield block
